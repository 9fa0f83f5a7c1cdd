"""The zoo: one fault a file, with its good twin.

Each fault must be refuted where it says so: its proof stops at the first run from boot that breaks a promise, and one of the
promises that the fault names must be among those that this run breaks. No promise of a twin may fail.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from proofs.theorems import CATALOGUE
from proofs.verdicts import ObligationVerdict, ProveReport, TheoremVerdict, Verdict
from pymodel.hypervisor import Hypervisor

__all__ = ["Entry", "Row", "ZooError", "entries", "run", "zoo_json"]

#: Proves a policy, named as on the command line, for some theorems (none: for all).
Prove = Callable[[str, tuple[str, ...]], ProveReport]
#: Fuzzes a policy and returns the names of the statements that it broke.
Fuzz = Callable[[str], list[str]]

FINE = (Verdict.PROVED, Verdict.OPEN)


class ZooError(Exception):
    """A file of the zoo is not as it must be."""

    def __init__(self, message: str, file: str, line: int) -> None:
        """Keep the place."""
        super().__init__(message)
        self.message, self.file, self.line = message, file, line


@dataclass(frozen=True)
class Entry:
    """A file of the zoo."""

    id: str
    title: str
    promises: tuple[str, ...]
    module: str

    def spec(self, which: str) -> str:
        """Return the name of its policy `Faulty` or `Twin`."""
        return f"{self.module}:{which}"


@dataclass
class Row:
    """What was expected of a fault or its twin, and what was found."""

    id: str
    title: str
    which: str
    expected: dict[str, TheoremVerdict]
    actual: dict[str, TheoremVerdict]
    """The verdict of each theorem that was expected to be refuted, or was found neither proved nor open."""
    as_expected: bool
    disagreements: int = 0
    proved: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    broken_by_fuzzing: list[str] | None = field(default=None)


def entries(package: str = "pymodel.zoo") -> list[Entry]:
    """Return the entries of the zoo, in the order of their files."""
    folder = importlib.import_module(package)
    names = sorted(m.name for m in pkgutil.iter_modules(folder.__path__) if not m.name.startswith("_"))
    found = [_entry(f"{package}.{name}") for name in names]
    ids = [e.id for e in found]
    for entry in found:
        if ids.count(entry.id) > 1:
            raise ZooError(f"the ID {entry.id} is used twice", entry.module, 1)
    return found


def _entry(name: str) -> Entry:
    module = importlib.import_module(name)
    file = module.__file__ or name
    for constant in ("ID", "TITLE", "PROMISES", "Faulty", "Twin"):
        if not hasattr(module, constant):
            raise ZooError(f"an entry of the zoo needs {constant}", file, 1)
    for which in (module.Faulty, module.Twin):
        if not (inspect.isclass(which) and issubclass(which, Hypervisor)):
            raise ZooError("Faulty and Twin must be subclasses of Hypervisor", file, 1)
    promises = tuple(module.PROMISES)
    unknown = [p for p in promises if p not in CATALOGUE.theorems]
    if unknown or not promises:
        raise ZooError(f"PROMISES must name theorems that the fault breaks; unknown: {unknown}", file, 1)
    return Entry(module.ID, module.TITLE, promises, name)


def run(chosen: Iterable[Entry], prove: Prove, fuzz: Fuzz | None, found: Callable[[Row], None]) -> list[Row]:
    """Prove (and fuzz) each fault and each twin, up to an interrupt; `found` is told of each row as it comes."""
    rows: list[Row] = []
    for entry in chosen:
        for which in ("Faulty", "Twin"):
            row = _row(entry, which, prove, fuzz)
            found(row)
            rows.append(row)
            if row.interrupted:
                return rows
    return rows


def _row(entry: Entry, which: str, prove: Prove, fuzz: Fuzz | None) -> Row:
    fault = which == "Faulty"
    report = prove(entry.spec(which), ())
    verdicts = {r.id: r.verdict for r in report.theorems}
    expected: dict[str, TheoremVerdict] = dict.fromkeys(entry.promises, Verdict.REFUTED) if fault else {}
    shown = (Verdict.REFUTED,) if fault else tuple({v for v in verdicts.values() if v not in FINE})
    actual = {i: v for i, v in verdicts.items() if v in shown}
    disagreements = sum(o.verdict == ObligationVerdict.DISAGREEMENT for o in report.failures)
    proved = sum(v == Verdict.PROVED for v in verdicts.values())
    row = Row(entry.id, entry.title, which, expected, actual, False, disagreements, proved, report.seconds)
    row.interrupted = report.interrupted
    row.broken_by_fuzzing = fuzz(entry.spec(which)) if fuzz is not None else None
    refuted = Verdict.REFUTED in (actual.get(i) for i in expected)
    quiet = bool(verdicts) and not actual and not row.broken_by_fuzzing and not report.failures
    row.as_expected = (refuted if fault else quiet) and not disagreements and not report.interrupted
    return row


def zoo_json(rows: Iterable[Row], version: str) -> dict[str, Any]:
    """Return the table as JSON data."""
    listed = [asdict(row) for row in rows]
    bad = sum(not row["as_expected"] for row in listed)
    summary = {"as_expected": len(listed) - bad, "not_as_expected": bad}
    return {"schema": 1, "ringfence": version, "summary": summary, "rows": listed}
