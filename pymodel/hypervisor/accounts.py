"""Accounts, how the hypervisor counts what refers to a thing.

Each thing that others may refer to has an account; each reference stands at one number of its reference list, below the count.
When a holder in the middle leaves, the last one moves into its place, so the count is always exactly the number of holders, and
zero means that there is none. The same rule serves mappings, pins, handles, owned frames and functions. `take` and `drop` alone
write it.

Read next: `pymodel.hypervisor.spaces`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pymodel.hardware.ids import Frame, Level
from pymodel.hypervisor.ids import Account, AccountKind, Count, Holder, account
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import AUTHORITY, BOOKKEEPING, Map, Record, State

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = ["AccountState", "ListedReference", "Reference", "ReferenceCount", "drop", "is_unused", "mappings", "take"]


class ReferenceCount(Record, whose=AUTHORITY, by="take and drop"):
    """How many holders an account has."""

    n: Count = Count(0)


class ListedReference(Record, whose=BOOKKEEPING, by="take and drop"):
    """Who stands at one number of an account's reference list."""

    holder: Holder = Holder(0)


class Reference(Record, whose=AUTHORITY, by="take and drop"):
    """What a holder refers to, which is what accounts are about; and its number there."""

    taken: bool = False
    account: Account = Account(0)
    index: Annotated[Count, BOOKKEEPING] = Count(0)


class AccountState(State):
    """Counts, reference lists, and each holder's place."""

    count: Map[Account, ReferenceCount]
    reference_list: Map[tuple[Account, Count], ListedReference]
    reference: Map[Holder, Reference]


def take(s: MachineState, thing: Account, who: Holder) -> MachineState:
    """Add a reference by a holder that has none; refused when the count would overflow."""
    n = s.count[thing].n
    require(n < Count.last(), Reason.EXHAUSTED)
    return s._with(
        count=s.count.set(thing, ReferenceCount(n=n + 1)),
        reference_list=s.reference_list.set((thing, n), ListedReference(holder=who)),
        reference=s.reference.set(who, Reference(taken=True, account=thing, index=n)),
    )


def drop(s: MachineState, who: Holder) -> MachineState:
    """End a holder's reference; the last one of the account moves into its place (past the count the list means nothing)."""
    place = s.reference[who]
    end = s.count[place.account].n - 1
    mover = s.reference_list[place.account, end].holder
    moved = s.reference[mover].replace(index=place.index)
    return s._with(
        count=s.count.set(place.account, ReferenceCount(n=end)),
        reference_list=s.reference_list.set((place.account, place.index), ListedReference(holder=mover)),
        reference=s.reference.set(mover, moved).set(who, Reference.default()),
    )


def is_unused(s: MachineState, thing: Account) -> bool:
    """Say whether an account has no holder."""
    return s.count[thing].n == 0


def mappings(frame: Frame, level: Level) -> Account:
    """Return the account of what maps the block of that level at a frame."""
    return account(AccountKind.MAPPINGS, frame, level)
