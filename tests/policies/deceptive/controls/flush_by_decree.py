"""A page is released without any invalidation, and nothing else is touched: that is wrong, and nothing hides it."""

from __future__ import annotations

from pymodel import EntryKind, Hypervisor, Level, MachineState, Page, Reason, Space, Ticket, Vm, all_of
from pymodel import negate, require, require_manages


class P(Hypervisor):
    def release(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, ticket: Ticket) -> MachineState:
        require_manages(s, caller, s.space[space].vm)
        table, index = self.slot_for(s, space, page, level)
        e = s.memory[table, index]
        require(all_of(e.kind == EntryKind.STALE, negate(s.slot_note[table, index].split)), Reason.NOT_MAPPED)
        return self.empty_slot(s, table, index)
