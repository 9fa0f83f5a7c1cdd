"""Chapter 10: accounts, how the hypervisor counts what refers to a thing.

Each thing that others may refer to has an account; each reference sits at one number of it, below the count. When a holder
in the middle leaves, the last one moves into its place, so the count is always exactly the number of holders, and zero
means that there is none. The same rule serves mappings, pins, handles, owned frames and functions.

Read next: `pymodel.hypervisor.decisions`.
"""

from __future__ import annotations

from pymodel.hardware.ids import Account, AccountKind, Count, Frame, Holder, Level, account, frame_base
from pymodel.hardware.machine import BlockPhase, MachineState, RosterRecord, Seat, Tally
from pymodel.language.outcomes import Reason, require
from pymodel.language.truth import all_of

__all__ = ["drop", "is_unmapped", "is_unused", "mappings", "take"]


def take(s: MachineState, thing: Account, who: Holder) -> MachineState:
    """Seat a holder that has no seat; refused when the count would overflow."""
    n = s.count[thing].n
    require(n < Count.last(), Reason.EXHAUSTED)
    return s.replace(
        count=s.count.set(thing, Tally(n=n + 1)),
        roster=s.roster.set((thing, n), RosterRecord(holder=who)),
        seat=s.seat.set(who, Seat(taken=True, account=thing, index=n)),
    )


def drop(s: MachineState, who: Holder) -> MachineState:
    """Unseat a holder; the last holder of the account moves into its place (what the roster says past the count means nothing)."""
    seat = s.seat[who]
    end = s.count[seat.account].n - 1
    mover = s.roster[seat.account, end].holder
    moved = s.seat[mover].replace(index=seat.index)
    return s.replace(
        count=s.count.set(seat.account, Tally(n=end)),
        roster=s.roster.set((seat.account, seat.index), RosterRecord(holder=mover)),
        seat=s.seat.set(mover, moved).set(who, Seat.default()),
    )


def is_unused(s: MachineState, thing: Account) -> bool:
    """Say whether an account has no holder."""
    return s.count[thing].n == 0


def mappings(frame: Frame, level: Level) -> Account:
    """Return the account of what maps the block of that level at a frame."""
    return account(AccountKind.MAPPINGS, frame, level)


def is_unmapped(s: MachineState, frame: Frame) -> bool:
    """Say whether nothing refers to a frame: no leaf of any size, no pin, no grant, and it is part of no block."""
    block, huge = frame_base(frame, Level.BLOCK), frame_base(frame, Level.HUGE)
    return all_of(
        is_unused(s, mappings(frame, Level.PAGE)),
        s.block[Level.BLOCK, block].phase == BlockPhase.NONE,
        s.block[Level.HUGE, huge].phase == BlockPhase.NONE,
    )
