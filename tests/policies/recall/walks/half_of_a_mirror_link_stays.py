"""When a page of a mirror is released, the page that it mirrored still counts as mirrored.

A page that is mirrored is not released in front of its mirror, and its mirror is gone. Nobody can cut the link any more: the page
is never released, its frame never given back, and its VM is never empty.

Source: mechanism: a link in both directions is cut at one end.
"""

from __future__ import annotations

from pymodel import (
    Entry,
    Frame,
    Hypervisor,
    Index,
    MachineState,
    MirrorLink,
    Reason,
    SlotNote,
    all_of,
    any_of,
    drop,
    leaf_holder,
    negate,
    require,
    store_entry,
)


class Faulty(Hypervisor):
    """Cuts the half of a link that is at hand."""

    def empty_slot(self, s: MachineState, table: Frame, index: Index) -> MachineState:
        """Empty a slot, giving up its reference to the frame, its use of a grant, and what it mirrors."""
        handle, link = s.slot_note[table, index].handle, s.mirror_link[table, index]
        io = s.space[s.table[table].space].io
        require(any_of(io, negate(link.held)), Reason.IN_USE)
        after = store_entry(s, table, index, Entry()).put("slot_note", (table, index), SlotNote())
        after = drop(after, leaf_holder(table, index))
        h = s.handle[handle]
        left = h.replace(
            cpu_use=all_of(h.cpu_use, any_of(io, handle == 0)),
            device_use=all_of(h.device_use, any_of(negate(io), handle == 0)),
        )
        return after.put("mirror_link", (table, index), MirrorLink()).put("handle", handle, left)
