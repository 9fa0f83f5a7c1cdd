"""A leaf that was removed to see whether it is used is put back, although it was removed in order to be split.

Why a leaf is stale is not asked. Caches fill from it once more, after the flush that the split waits for. The table takes its
place, and what is cached is of an entry that is no more.

Source: mechanism: tracking of accesses clears valid bits that others clear for reasons of their own.
"""

from __future__ import annotations

from pymodel import (
    EntryKind,
    Hypervisor,
    Level,
    MachineState,
    Page,
    Reason,
    Space,
    Vm,
    all_of,
    negate,
    operation,
    require,
    require_alive,
    store_entry,
)


class Faulty(Hypervisor):
    """Puts back what is stale."""

    @operation
    def put_back(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level) -> MachineState:
        """Whoever looks after an address space puts back what was taken out of it to see whether it is used."""
        require_alive(s, caller, space.vm)
        table, index = self.slot_for(s, space, page, level)
        e, n = s.memory[table, index], s.slot_note[table, index]
        require(e.kind == EntryKind.STALE, Reason.NOT_MAPPED)
        require(n.job == 0, Reason.IN_USE)
        return store_entry(s, table, index, e.replace(kind=EntryKind.LEAF))


class Twin(Hypervisor):
    """Puts back what is stale for no other reason."""

    @operation
    def put_back(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level) -> MachineState:
        """Whoever looks after an address space puts back what was taken out of it to see whether it is used."""
        require_alive(s, caller, space.vm)
        table, index = self.slot_for(s, space, page, level)
        e, n = s.memory[table, index], s.slot_note[table, index]
        require(e.kind == EntryKind.STALE, Reason.NOT_MAPPED)
        require(all_of(n.job == 0, negate(n.split)), Reason.IN_USE)
        return store_entry(s, table, index, e.replace(kind=EntryKind.LEAF))
