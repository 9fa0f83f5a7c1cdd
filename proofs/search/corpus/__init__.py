"""The corpus: recorded runs, each of which ends in a step that the reference refuses by one guard alone.

A policy that leaves such a guard out, or weakens it, does at the end of one of them what the reference would not. They are
written by `python -m proofs.search.corpus`, and read here; nobody edits them.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from proofs.search.places import Step

__all__ = ["FILE", "FORM", "Entry", "Recorded", "recorded", "written"]

FILE = Path(__file__).parent / "runs.json"
#: The form of the file.
FORM = 1


class Entry(NamedTuple):
    """A run: the guard that it is about, whether that guard alone refuses its last step, and what it takes."""

    guard: str
    alone: bool
    platform: str
    steps: list[Step]


class Recorded(NamedTuple):
    """What is recorded: runs, and the guards for which there is none, with what is known of them."""

    runs: list[Entry]
    excluded: list[str]
    """What the invariants exclude: proved when this was written."""
    unmet: list[str]


def written(found: Recorded) -> dict[str, Any]:
    """Return what is recorded as data: each step once, with the number of the one before it; runs as the number of the last."""
    numbers: dict[tuple[Any, ...], int] = {}
    rows: list[list[Any]] = []

    def number(before: Any, name: str, args: dict[str, int]) -> int:
        key = (before, name, *args.items())
        if key not in numbers:
            numbers[key] = len(rows)
            rows.append([before, name, args])
        return numbers[key]

    runs = []
    for entry in found.runs:
        at: Any = entry.platform
        for name, args in entry.steps:
            at = number(at, name, args)
        runs.append([entry.guard, entry.alone, at])
    return {"form": FORM, "excluded": found.excluded, "unmet": found.unmet, "runs": runs, "steps": rows}


@cache
def recorded(file: Path = FILE) -> Recorded:
    """Read what is recorded."""
    data = json.loads(file.read_text(encoding="utf-8"))
    assert data["form"] == FORM, f"{file} is of another form: write it again"
    ways: list[tuple[str, list[Step]]] = []
    for before, name, args in data["steps"]:
        platform, steps = (before, list[Step]()) if isinstance(before, str) else ways[before]
        ways.append((platform, [*steps, (name, args)]))
    runs = [Entry(guard, alone, *ways[last]) for guard, alone, last in data["runs"]]
    return Recorded(runs, data["excluded"], data["unmet"])
