"""A mapping of a published page holds no reference to it.

Frames that are not a VM's own memory have no counter that the mapping code knows, so it takes no reference for them. The
hypervisor takes the page back, because it counts nobody who maps it, frees it, and gives it to another VM. Whoever mapped the
page reads on.

Source: CVE-2021-22543: frames of special mappings are given to a guest without a reference.
"""

from __future__ import annotations

from pymodel import (
    Entry,
    Frame,
    FrameKind,
    Hypervisor,
    Index,
    Level,
    MachineState,
    SlotNote,
    leaf_holder,
    mappings,
    store_entry,
    take,
)


class Faulty(Hypervisor):
    """Counts what maps VMs' memory alone."""

    def fill_slot(self, s: MachineState, table: Frame, index: Index, level: Level, entry: Entry, note: SlotNote) -> MachineState:
        """Write a leaf into a slot that is empty, and refer to its frame if that is a VM's."""
        after = store_entry(s, table, index, entry).put("slot_note", (table, index), note)
        if s.frame[entry.frame].kind == FrameKind.PUBLISHED:
            return after
        return take(after, mappings(entry.frame, level), leaf_holder(table, index))


class Twin(Hypervisor):
    """Takes the reference first and writes the leaf then."""

    def fill_slot(self, s: MachineState, table: Frame, index: Index, level: Level, entry: Entry, note: SlotNote) -> MachineState:
        """Refer to a frame, whosever it is, and write the leaf into a slot that is empty."""
        held = take(s, mappings(entry.frame, level), leaf_holder(table, index))
        return store_entry(held, table, index, entry).put("slot_note", (table, index), note)
