"""Stages: how far a thing is from being gone, in numbers below each of which there are finitely many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymodel.hypervisor.ids import Count
from pymodel.language.truth import all_of, any_of
from pymodel.language.words import Choice, choose
from pymodel.machine import MachineState

__all__ = ["NOTHING", "Stage", "StageOf", "flag", "is_lower", "rank"]

#: A stage: a rank, and what is left to do within it; 0 and nothing when the thing is gone.
Stage = tuple[Count, Count]
#: The stage of what a map holds at a key.
StageOf = Callable[[MachineState, Any], Stage]
NOTHING = Count(0)


def rank(value: Choice, *order: Choice) -> Count:
    """Return the place of a phase in an order that begins with 1; 0 if it is not there."""
    place = NOTHING
    for number, phase in enumerate(order, 1):
        place = choose(value == phase, Count(number), place)
    return place


def flag(*values: bool) -> Count:
    """Return how many of some truth values hold, each with those before it."""
    place = NOTHING
    for value in reversed(values):
        place = choose(value, place + 1, NOTHING)
    return place


def is_lower(one: Stage, other: Stage) -> bool:
    """Say whether a stage comes before another."""
    return any_of(one[0] < other[0], all_of(one[0] == other[0], one[1] < other[1]))
