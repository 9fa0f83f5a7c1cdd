"""A broken leaf is replaced by its table after a flush of the size of a piece.

The flush is computed from the level of the new table, not from that of the leaf that it replaces. What is flushed is the first
piece. Behind it, translations of the old leaf live on beside the table. A right that was withdrawn from the leaf, and may still
be cached, is noted as gone with the split: the guest, or its device, goes on writing pages that may only be read.

Source: mechanism: break-before-make with the invalidation sized by the wrong level.
"""

from __future__ import annotations

from pymodel import (
    Entry,
    EntryKind,
    Frame,
    Hypervisor,
    Level,
    MachineState,
    Reason,
    SlotNote,
    TablePhase,
    Ticket,
    Vm,
    all_of,
    drop,
    leaf_holder,
    require,
    require_manages,
    store_entry,
)


class Faulty(Hypervisor):
    """Asks for a flush at the level of the table that is linked."""

    def finish_split(self, s: MachineState, caller: Vm, child: Frame, ticket: Ticket) -> MachineState:
        """Link the finished table in place of the broken leaf, once no cache holds that leaf."""
        t = s.table[child]
        require_manages(s, caller, t.space.vm)
        require(all_of(t.phase == TablePhase.BUILDING, t.scanned), Reason.WRONG_STATE)
        since = s.slot_note[t.parent, t.slot].since
        require(self.range_flushed(s, t.space, t.prefix, t.level, since, ticket), Reason.NOT_FLUSHED)
        after = store_entry(s, t.parent, t.slot, Entry(kind=EntryKind.LINK, frame=child)).replace(
            slot_note=s.slot_note.set((t.parent, t.slot), SlotNote.default()),
            table=s.table.set(child, t.replace(phase=TablePhase.LINKED)),
        )
        return drop(after, leaf_holder(t.parent, t.slot))


class Twin(Hypervisor):
    """Asks for a flush as large as the largest leaf, whatever leaf was broken."""

    def finish_split(self, s: MachineState, caller: Vm, child: Frame, ticket: Ticket) -> MachineState:
        """Refuse unless the block of the largest size around the leaf was invalidated, and go on as usual."""
        t = s.table[child]
        require_manages(s, caller, t.space.vm)
        require(all_of(t.phase == TablePhase.BUILDING, t.scanned), Reason.WRONG_STATE)
        since = s.slot_note[t.parent, t.slot].since
        require(self.range_flushed(s, t.space, t.prefix, Level.HUGE, since, ticket), Reason.NOT_FLUSHED)
        return super().finish_split(s, caller, child, ticket)
