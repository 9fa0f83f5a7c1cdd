"""Hints: which assumptions sufficed for a proof when it was last found, so that it need not be searched for again.

A hint marks parts of a question and instances of statements by short digests. It takes no part in what is proved: the solver
answers what is asked, about fewer assumptions. `python -m proofs.prove.record` writes the file anew.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofs.engine.digests import of_term

if TYPE_CHECKING:
    from proofs.engine.instances import Instance
    from proofs.engine.terms import Node
    from proofs.statements import Statement

__all__ = ["FILE", "Hint", "Hints", "mark", "mark_at", "mark_of", "recorded"]

FILE = Path(__file__).with_name("hints.json")
#: Bytes of a mark: two things with the same one are both taken, which costs a little time.
SIZE = 4
#: What is spent on any hint, in the solver's units: the cost of small questions goes up and down.
LEAST = 1 << 18
#: How the solver is best asked, as a hint says it; in capitals where the question is asked alone.
FLAVOURS = {"q": "QF_UFBV", "s": "smt", "n": "numbers"}


def mark_of(part: Node) -> bytes:
    """Return the mark of a part of a question."""
    return of_term(part)[:SIZE]


def mark(instance: Instance) -> bytes:
    """Return the mark of a statement at some keys."""
    return mark_at(instance.statement, instance.keys)


def mark_at(statement: Statement, keys: tuple[Node, ...]) -> bytes:
    """Return the mark of a statement at some keys, also of an instance that is not made."""
    parts = [statement.name.encode(), *(of_term(k) for k in keys)]
    return hashlib.blake2b(b"\n".join(parts), digest_size=SIZE).digest()


@dataclass(frozen=True)
class Hint:
    """What sufficed: marks of parts and instances, the rounds that yield those instances, how the solver was asked."""

    marks: frozenset[bytes]
    depth: int
    flavour: str
    seed: int
    size: int
    """Binary digits of what the answer cost, in the solver's units."""
    alone: bool = False
    """Whether what was asked before is kept from the solver: a costly question then costs the same in every process."""

    @property
    def rlimit(self) -> int:
        """Return what to spend on it, in the solver's units: a question that is another one now soon shows it."""
        return max(2 << self.size, LEAST)

    def text(self) -> str:
        """Return the hint as it stands in the file: a digit, a letter and three digits, and the marks in base 64."""
        letter = next(k.upper() if self.alone else k for k, v in FLAVOURS.items() if v == self.flavour)
        return f"{self.depth}{letter}{self.seed}{self.size:02}{base64.b64encode(b''.join(sorted(self.marks))).decode()}"

    @classmethod
    def of_text(cls, text: str) -> Hint:
        """Read a hint."""
        data = base64.b64decode(text[5:])
        marks = frozenset(data[n : n + SIZE] for n in range(0, len(data), SIZE))
        return cls(marks, int(text[0]), FLAVOURS[text[1].lower()], int(text[2]), int(text[3:5]), text[1].isupper())


class Hints:
    """The hints by step and statement: one for each path, an empty text where there is none."""

    def __init__(self, entries: dict[str, dict[str, list[str]]]) -> None:
        """Keep the entries."""
        self.entries = entries

    def at(self, step: str, statement: str, path: int) -> Hint | None:
        """Return the hint for a path of a step against a statement."""
        found = self.entries.get(step, {}).get(statement, [])
        return Hint.of_text(found[path]) if path < len(found) and found[path] else None

    def cost(self, step: str) -> int:
        """Return about what the proofs of a step cost when they were recorded, in the solver's units."""
        return sum(1 << int(text[3:5]) for texts in self.entries.get(step, {}).values() for text in texts if text)

    def note(self, step: str, statement: str, path: int, hint: Hint) -> None:
        """Keep a hint."""
        found = self.entries.setdefault(step, {}).setdefault(statement, [])
        found.extend([""] * (path + 1 - len(found)))
        found[path] = hint.text()

    def merge(self, others: Iterable[Hints]) -> None:
        """Take over the steps of others."""
        for other in others:
            self.entries.update(other.entries)

    def write(self, path: Path) -> None:
        """Write the file: a line for each step and statement, sorted."""
        steps = []
        for step, statements in sorted(self.entries.items()):
            lines = [f"  {json.dumps(name)}: {json.dumps(texts)}" for name, texts in sorted(statements.items())]
            steps.append(f"{json.dumps(step)}: {{\n" + ",\n".join(lines) + "\n }")
        path.write_text("{\n " + ",\n ".join(steps) + "\n}\n", encoding="utf-8")


@functools.cache
def recorded() -> Hints:
    """Return the hints that come with ringfence; none if their file is missing."""
    return Hints(json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {})
