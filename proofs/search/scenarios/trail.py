"""The known runs as the reference takes them, kept by this process: a step that a policy does not change is not taken twice.

They are looked at anew under each policy; of its own steps, and of what comes behind one that did something else, nothing is
kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from proofs.search.concrete import forgets
from pymodel.machine import MachineState
from pymodel.platforms import PLATFORMS

__all__ = ["Trail", "beginning"]


@dataclass
class Trail:
    """A state that the reference comes to, and where its steps lead from there, as far as they were taken."""

    state: Any
    wrote: frozenset[str] = frozenset()
    """The parts that the step to it wrote."""
    forgot: bool = False
    """Whether that step only took something out of the machine."""
    next: dict[tuple[Any, ...], Trail | None] = field(default_factory=dict, repr=False)
    """By a step's name and arguments; None where it is refused."""

    def follow(self, step: tuple[Any, ...], after: Any) -> Trail | None:
        """Keep where a step leads; None means that it is refused."""
        self.next[step] = None if after is None else led(self.state, after)
        return self.next[step]


def led(before: Any, after: Any) -> Trail:
    """Return a state with what the step to it wrote."""
    wrote = frozenset(name for name in after.shapes() if getattr(after, name) is not getattr(before, name))
    return Trail(after, wrote, forgets(before, after, wrote))


@cache
def beginning(platform: str) -> Trail:
    """Return a platform at power-on."""
    return Trail(PLATFORMS[platform](MachineState))
