"""A split that cannot be finished is undone, and what the pieces hold is forgotten.

The old leaf is put back and the new table goes back to the pool. The pieces that stood in the table hold a reference each,
which nobody gives up any more: their frames stay referred to for ever, and their VM is never empty.

Source: mechanism: an error path that undoes the first step and not the ones after it.
"""

from __future__ import annotations

from pymodel import (
    EntryKind,
    Frame,
    HolderKind,
    Hypervisor,
    MachineState,
    Reason,
    TablePhase,
    Vm,
    all_of,
    drop,
    holder,
    operation,
    require,
    require_alive,
    store_entry,
)


class Faulty(Hypervisor):
    """Undoes the beginning of a split."""

    @operation
    def cancel_split(self, s: MachineState, caller: Vm, child: Frame) -> MachineState:
        """Put a broken leaf back, and the table that was to replace it into the pool."""
        t = s.table[child]
        require_alive(s, caller, t.space.vm)
        require(t.phase == TablePhase.BUILDING, Reason.WRONG_STATE)
        e, n = s.memory[t.parent, t.slot], s.slot_note[t.parent, t.slot]
        after = store_entry(s, t.parent, t.slot, e.replace(kind=EntryKind.LEAF))
        after = after.put("slot_note", (t.parent, t.slot), n.replace(split=False, child=Frame(0)))
        return drop(self.blank_table(after, child), holder(HolderKind.TABLE, child))


class Twin(Hypervisor):
    """Undoes the beginning of a split that has no pieces yet."""

    @operation
    def cancel_split(self, s: MachineState, caller: Vm, child: Frame) -> MachineState:
        """Put a broken leaf back, and the table that was to replace it, still empty, into the pool."""
        t = s.table[child]
        require_alive(s, caller, t.space.vm)
        require(all_of(t.phase == TablePhase.BUILDING, t.cursor == 0), Reason.WRONG_STATE)
        e, n = s.memory[t.parent, t.slot], s.slot_note[t.parent, t.slot]
        after = store_entry(s, t.parent, t.slot, e.replace(kind=EntryKind.LEAF))
        after = after.put("slot_note", (t.parent, t.slot), n.replace(split=False, child=Frame(0)))
        return drop(self.blank_table(after, child), holder(HolderKind.TABLE, child))
