"""The zoo, proved: one fault a file, with its repaired version.

Each fault must be refuted where it says so: its proof stops at the first run from boot that breaks a promise, and one of the
promises that the fault names must be among those that this run breaks. No promise of a repaired one may fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from proofs.policies.zoo import WHICH, Entry
from proofs.verdicts import ObligationVerdict, ProveReport, TheoremVerdict, Verdict

__all__ = ["Row", "run", "zoo_json"]

#: Proves a policy, named as on the command line, for some theorems (none: for all).
Prove = Callable[[str, tuple[str, ...]], ProveReport]
#: Fuzzes a policy and returns the names of the statements that it broke.
Fuzz = Callable[[str], list[str]]

FINE = (Verdict.PROVED, Verdict.OPEN)


@dataclass
class Row:
    """What was expected of a fault or its repaired version, and what was found."""

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


def run(chosen: Iterable[Entry], prove: Prove, fuzz: Fuzz | None, found: Callable[[Row], None]) -> list[Row]:
    """Prove (and fuzz) each fault and each repaired version, up to an interrupt; `found` is told of each row as it comes."""
    rows: list[Row] = []
    for entry in chosen:
        for which in WHICH:
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
