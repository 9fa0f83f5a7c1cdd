"""One question, three engines: the invariant of `spec/Isolation.tla`, and what each engine establishes of it at what cost.

z3 decides induction over the system as `proofs.bench.small` has it; TLC searches the module's states; Apalache,
where it is installed, makes the three checks of the module's inductive invariant. Each runs in a process of its own, in one run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofs.bench.apart import apart, mebibytes

if TYPE_CHECKING:
    from proofs.bench.small import Isolation
    from proofs.tla.manifest import Model

__all__ = ["Engines", "engines", "engines_table"]

QUESTION = "no access reaches a frame that is neither the VM's own nor granted to it (spec/Isolation.tla)"
Progress = Callable[[str, dict[str, Any]], None]


@dataclass
class Engines:
    """A row for each engine: who, what it established, seconds on the clock, peak of memory in bytes, what it counted."""

    question: str = QUESTION
    rows: list[dict[str, Any]] = field(default_factory=list)
    interrupted: bool = False


@dataclass(frozen=True)
class Found:
    """What a measurement says: whether the invariant holds as far as the engine sees (None if it is not here), how far that is."""

    engine: str
    established: str
    holds: bool | None
    counted: str


def engines(progress: Progress, folder: Path) -> Engines:
    """Ask each engine in turn."""
    out = Engines()
    try:
        for name, measurement in MEASURES.items():
            progress("note", {"text": f"one question: {name}"})
            out.rows.append(apart(measurement, {}, folder))
    except KeyboardInterrupt:
        out.interrupted = True
    return out


def induction() -> dict[str, Any]:
    """Decide every step against the invariant, and the invariant of the first state."""
    from proofs.bench.small import Isolation  # noqa: PLC0415 - a process of its own

    return asdict(decided(Isolation()))


def decided(system: Isolation) -> Found:
    """Return what induction establishes of a system."""
    from proofs.engine.induction import Induction, Limits  # noqa: PLC0415 - imports z3
    from proofs.statements import describe_method  # noqa: PLC0415 - the same
    from pymodel.language.steps import steps_of  # noqa: PLC0415 - the same

    invariant: list[Callable[..., Any]] = [
        system.no_access_is_foreign,
        system.no_reach_is_foreign,
        system.a_grant_is_of_an_owned_frame,
    ]
    statements = [describe_method(clause) for clause in invariant]
    prover = Induction(system, statements, [], Limits())
    found = [*prover.first(), *(o for t in steps_of(system) for o in prover.step(t))]
    held = all(o.holds for o in found)
    reach = "every run of any length, all 2^44 frames, two VMs"
    return Found("z3, induction", reach if held else "nothing", held, f"{len(found)} obligations")


def entry(name: str) -> Model:
    """Return an entry of the manifest."""
    from proofs.tla.manifest import PLACES, load, place  # noqa: PLC0415 - a process of its own

    return next(m for m in load(place() or PLACES[0]) if m.name == name)


def search() -> dict[str, Any]:
    """Let TLC search the module's instance for CI."""
    from proofs.tla.tlc import Limits, Tlc, check  # noqa: PLC0415 - the same

    model = entry("Isolation")
    answer = check(Tlc.find(), model, Limits())
    held = answer.outcome == "pass"
    reach = f"every run of any length, {model.constants['Frames']}, {model.constants['Vms']}"
    return asdict(Found("TLC, explicit states", reach if held else str(answer.outcome), held, f"{answer.distinct} states"))


def three_checks() -> dict[str, Any]:
    """Let Apalache check the module's inductive invariant, where it is installed."""
    from proofs.tla import apalache  # noqa: PLC0415 - the same
    from proofs.tla.tools import MissingToolError, find_apalache  # noqa: PLC0415 - the same

    who = "Apalache, inductive check"
    try:
        program = find_apalache()
    except MissingToolError:
        return asdict(Found(who, "not installed", None, ""))
    model = entry("Isolation_apalache")
    answer = apalache.check(model, lambda question, left: apalache.ask(program, question, left))
    held = answer.outcome == "pass"
    return asdict(Found(who, "inductive for three VMs, three frames" if held else str(answer.outcome), held, "3 checks"))


MEASURES: dict[str, Callable[[], dict[str, Any]]] = {"induction": induction, "search": search, "three checks": three_checks}
FORM = "{:<27}{:>9}{:>7}  {:<16}{}"


def engines_table(found: Engines) -> list[str]:
    """Return the rows as a table."""
    lines = [f"Question: {found.question}", FORM.format("engine", "seconds", "MiB", "counted", "established")]
    for row in found.rows:
        absent = row["holds"] is None
        numbers = ("", "") if absent else (f"{row['seconds']:.1f}", mebibytes(row["memory"]))
        lines.append(FORM.format(row["engine"], *numbers, row["counted"], row["established"]))
    if found.interrupted:
        lines.append("Interrupted: this is what was measured so far.")
    return lines
