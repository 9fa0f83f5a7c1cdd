"""What a search deals in: places that runs reach, what broke there, and what was found in all."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from proofs.statements import Statement
from proofs.traces import Trace
from pymodel.language.state import MapShape
from pymodel.language.words import Choice

if TYPE_CHECKING:
    from proofs.search.scenarios.trail import Trail

__all__ = ["CHANGED_NOTHING", "Break", "Changed", "Found", "Hit", "Place", "Step", "Taken", "shape"]

#: A step by its name, with its arguments as numbers; and steps in a row.
Step = tuple[str, dict[str, int]]
Taken = list[Step]
#: The name under which a step that was refused, or raised, and still changed something is reported.
CHANGED_NOTHING = "a_refused_step_changes_nothing"


#: Points of one map that say of what shape a state is.
POINTS = 40


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
    trail: Trail | None = field(default=None, repr=False)
    """The same state among those that the reference comes to, if the policy did just what it does."""


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


def shape(state: Any, without: Container[str]) -> int:
    """Return what states have in common that differ in numbers alone: of each map which choices stand together in a record."""
    out = []
    for name, part in state.shapes().items():
        if isinstance(part, MapShape) and name not in without:
            points = getattr(state, name).points
            fields = [f for f, kind in part.record.fields().items() if kind is bool or issubclass(kind, Choice)]
            records = (points[raw] for raw in sorted(points, key=lambda raw: (hash(raw), raw))[:POINTS])
            out.append((name, frozenset(tuple(_number(getattr(r, f)) for f in fields) for r in records)))
    return hash(tuple(out))


def _number(value: Any) -> int:
    return int(value) if isinstance(value, bool) else int(value.raw)
