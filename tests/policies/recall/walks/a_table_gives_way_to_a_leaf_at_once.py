"""An empty table is replaced by a large leaf, and goes back to the pool in the same step.

The walk caches may still point to the table. It is blank in the pool, and not for long: it becomes memory of the guest's again,
and a walk that begins at the pointer takes the guest's data for entries.

Source: Xen Security Advisory XSA-345, in another guise: a table is freed where small mappings become a large one.
"""

from __future__ import annotations

from pymodel import (
    Frame,
    HolderKind,
    Hypervisor,
    Level,
    MachineState,
    Reason,
    Rights,
    SlotNote,
    TablePhase,
    Vm,
    all_of,
    drop,
    holder,
    leaf,
    negate,
    operation,
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Frees the table with the exchange."""

    @operation
    def map_over(self, s: MachineState, caller: Vm, table: Frame, frame: Frame, rights: Rights) -> MachineState:
        """Whoever looks after an address space maps a block in the place of a table that was scanned empty."""
        t = s.table[table]
        require_alive(s, caller, t.space.vm)
        require(all_of(t.phase == TablePhase.CLOSING, t.scanned, t.level == Level.PAGE), Reason.WRONG_STATE)
        require(s.table[t.parent].phase == TablePhase.LINKED, Reason.WRONG_STATE)
        self.require_mappable(s, caller, t.space, Level.BLOCK, frame, rights)
        require(negate(s.space[t.space].mirror), Reason.NOT_ALLOWED)
        self.require_leaf(s, t.space, t.prefix, Level.BLOCK, rights)
        note = SlotNote(max_cached_rights=rights)
        after = self.fill_slot(s, t.parent, t.slot, Level.BLOCK, leaf(frame, rights), note)
        return drop(self.blank_table(after, table), holder(HolderKind.TABLE, table))


class Twin(Hypervisor):
    """Retires the table with the exchange."""

    @operation
    def map_over(self, s: MachineState, caller: Vm, table: Frame, frame: Frame, rights: Rights) -> MachineState:
        """Whoever looks after an address space maps a block in the place of a table that was scanned empty."""
        t = s.table[table]
        require_alive(s, caller, t.space.vm)
        require(all_of(t.phase == TablePhase.CLOSING, t.scanned, t.level == Level.PAGE), Reason.WRONG_STATE)
        require(s.table[t.parent].phase == TablePhase.LINKED, Reason.WRONG_STATE)
        self.require_mappable(s, caller, t.space, Level.BLOCK, frame, rights)
        require(negate(s.space[t.space].mirror), Reason.NOT_ALLOWED)
        self.require_leaf(s, t.space, t.prefix, Level.BLOCK, rights)
        note = SlotNote(max_cached_rights=rights)
        after = self.fill_slot(s, t.parent, t.slot, Level.BLOCK, leaf(frame, rights), note)
        return after.put("table", table, t.replace(phase=TablePhase.RETIRED, since=s.queue.next))
