"""What an engine says of the question that several are asked."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Found"]


@dataclass(frozen=True)
class Found:
    """What a measurement says: whether the invariant holds as far as the engine sees (None if it is not here), how far that is."""

    engine: str
    established: str
    holds: bool | None
    counted: str
