"""What a search deals in: places that runs reach, what broke there, and what was found in all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from proofs.statements import Statement
from proofs.traces import Trace

__all__ = ["CHANGED_NOTHING", "Break", "Changed", "Found", "Hit", "Place", "Step", "Taken"]

#: A step by its name, with its arguments as numbers; and steps in a row.
Step = tuple[str, dict[str, int]]
Taken = list[Step]
#: The name under which a step that was refused, or raised, and still changed something is reported.
CHANGED_NOTHING = "a_refused_step_changes_nothing"


@dataclass
class Found:
    """What a search found: a trace from boot and the statements it breaks, or nothing; and how far it went."""

    trace: Trace | None = None
    broken: list[str] = field(default_factory=list)
    steps: int = 0
    tried: int = 0
    depth: int = 0
    successes: dict[str, int] = field(default_factory=dict)
    error: str = ""


@dataclass
class Place:
    """A state and how it was reached."""

    platform: str
    state: Any
    path: Taken
    before: Any = None
    """The state before the last step."""
    deviated: bool = False
    """Whether the policy did, on a scenario's way there, what the reference would not."""


@dataclass(frozen=True)
class Break:
    """A statement and the keys at which it fails."""

    statement: Statement
    keys: tuple[Any, ...]


#: A place, and what broke there.
Hit = tuple[Place, list[Break]]


class Changed(Exception):  # noqa: N818 - says what happened
    """A step changed the state that it was given; `place` is where the step leads from, with the step."""

    place: Any = None
