"""What a checker answered to one question, whichever checker it was."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from proofs.tla.trace import Trace

__all__ = ["Answer", "Outcome"]


class Outcome(StrEnum):
    """How a run ended. The first four are answers that a manifest may expect; no other is ever taken for one of them."""

    PASS = "pass"  # the search ended and found nothing, within its bounds  # noqa: S105 - no password
    VIOLATION = "violation"
    LIVENESS = "liveness"
    DEADLOCK = "deadlock"
    NOT_INDUCTIVE = "not-inductive"  # a step leaves the invariant, from a state that may never arise
    TOO_WEAK = "too weak"  # an inductive invariant that does not imply what was asked
    VACUOUS = "vacuous"  # no state satisfies Init, or nothing was reached: whatever holds of it holds of nothing
    WRONG = "wrong"  # the module, the configuration or the constants are at fault
    TIMEOUT = "timeout"
    UNKNOWN = "unknown"  # the solver gave up
    MEMORY = "out of memory"
    KILLED = "killed"
    INTERRUPTED = "interrupted"
    CRASH = "crash"  # the checker failed, or said nothing that we understand


@dataclass(frozen=True)
class Answer:
    """The outcome with its evidence; a number that the checker did not tell is None.

    `broken` names what was violated, or everything that it may have been. `generated`, `distinct` and `queue` count
    states; `diameter` is the depth of the search in states.
    """

    outcome: Outcome
    engine: str
    message: str = ""
    broken: tuple[str, ...] = ()
    trace: Trace | None = None
    generated: int | None = None
    distinct: int | None = None
    queue: int | None = None
    diameter: int | None = None
    seconds: float = 0.0
    lines: list[str] = field(default_factory=list, repr=False)

    def ended(self, **facts: Any) -> Answer:
        """Return the answer with what is known only after the end."""
        return replace(self, **facts)
