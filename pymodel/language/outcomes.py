"""Outcomes, what an operation answers.

An operation returns the next state, or raises `Refused` with a reason from a closed list, and then nothing has changed.

Read next: `pymodel.language.steps`.
"""

from __future__ import annotations

from typing import NoReturn

from pymodel.language.truth import Truth
from pymodel.language.words import Choice, Member

__all__ = ["Reason", "Refused", "refuse", "require"]


class Reason(Choice):
    """Why an operation was refused. Each reason is a fact about ownership, the caller's own quota, or the request."""

    NOT_ALLOWED = Member()
    """The caller is not the one whom the operation's rule names."""
    WRONG_STATE = Member()
    """The thing named is not in the phase of its life that the operation starts from."""
    NOT_OWNED = Member()
    """The frame, function or space does not belong to the VM named."""
    IN_USE = Member()
    """Something still refers to the thing named."""
    OCCUPIED = Member()
    """The slot, id or address asked for is taken."""
    NOT_MAPPED = Member()
    """No leaf of that size stands at that address."""
    RIGHTS = Member()
    """More rights were asked for than the caller may have."""
    NOT_FLUSHED = Member()
    """No completed invalidation covers what is to be reused."""
    OUT_OF_RANGE = Member()
    """An address, size or number lies outside what the platform or the device can express."""
    EXHAUSTED = Member()
    """A counter or a pool has no further value."""
    UNALIGNED = Member()
    """An address is no multiple of the size asked for."""
    POLICY = Member()
    """A decision of the policy said no."""


class Refused(Exception):  # noqa: N818 - the field's word for it, and no error
    """An operation was refused; nothing has changed."""

    def __init__(self, reason: Reason) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


def refuse(reason: Reason) -> NoReturn:
    """Refuse the operation under way."""
    raise Refused(reason)


def require(fact: bool, reason: Reason) -> None:
    """Go on only if the fact holds; otherwise the operation is refused for that reason."""
    if isinstance(fact, Truth):
        require_symbolic(fact, reason)
    elif not fact:
        raise Refused(reason)


def require_symbolic(fact: Truth, reason: Reason) -> None:
    """Ask the prover to go on under the fact and to note the refusal; without a prover, fork as any other test."""
    note = getattr(fact.term, "require", None)
    if note is not None:
        note(reason)
    elif not fact:
        raise Refused(reason)
