"""A frame is transferred although it is referred to, if all that refers to it is one leaf that was removed.

A removed leaf gives no access any more, it is argued, and holds its frame for the books alone. Caches hold it until the flush.
The giver goes on reading and writing a frame that is the receiver's.

Source: Xen Security Advisory XSA-217: a page is transferred while its giver's TLB still has it.
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    Count,
    EntryKind,
    Frame,
    FrameKind,
    HolderKind,
    Hypervisor,
    Index,
    Level,
    MachineState,
    Reason,
    Vm,
    account,
    all_of,
    any_of,
    drop,
    holder,
    is_unreferenced,
    leaf_holder,
    mappings,
    number_of,
    require,
    require_alive,
    require_exists,
    take,
)


class Faulty(Hypervisor):
    """Takes a stale leaf for none."""

    def transfer(self, s: MachineState, caller: Vm, frame: Frame, to: Vm) -> MachineState:
        """A VM gives a frame, with what is in it, to another VM that takes it over."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require_exists(s, to)
        require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
        thing = mappings(frame, Level.PAGE)
        who = s.reference_list[thing, Count(0)].holder
        table, index = number_of(who), who.bits(33, 0, Index)
        stale = all_of(who == leaf_holder(table, index), s.memory[table, index].kind == EntryKind.STALE)
        require(any_of(is_unreferenced(s, frame), all_of(s.count[thing].n == 1, stale)), Reason.IN_USE)
        after = drop(s, holder(HolderKind.FRAME, frame))
        after = take(after, account(AccountKind.FRAMES, to), holder(HolderKind.FRAME, frame))
        return after.put("frame", frame, f.replace(owner=to))
