"""One question, three engines: the invariant of `spec/Isolation/Isolation.tla`, what each engine establishes of it at what cost.

z3 decides induction over the system as `proofs.bench.small` has it; TLC searches the module's states; Apalache,
where it is installed, makes the three checks of the module's inductive invariant. Each runs in a process of its own, in one run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofs.bench.apart import apart, mebibytes

__all__ = ["Engines", "engines", "engines_table"]

QUESTION = "no access reaches a frame that is neither the VM's own nor granted to it (spec/Isolation/Isolation.tla)"
Progress = Callable[[str, dict[str, Any]], None]


@dataclass
class Engines:
    """A row for each engine: who, what it established, seconds on the clock, peak of memory in bytes, what it counted."""

    question: str = QUESTION
    rows: list[dict[str, Any]] = field(default_factory=list)
    interrupted: bool = False


def engines(progress: Progress, folder: Path, measures: Mapping[str, Callable[[], dict[str, Any]]]) -> Engines:
    """Ask each engine in turn, by its measurement."""
    out = Engines()
    try:
        for name, measurement in measures.items():
            progress("note", {"text": f"one question: {name}"})
            out.rows.append(apart(measurement, {}, folder))
    except KeyboardInterrupt:
        out.interrupted = True
    return out


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
