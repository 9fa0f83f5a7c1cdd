"""A page is released without any invalidation: the hypervisor writes the TLBs, the IOTLB and what is in flight itself."""

from __future__ import annotations

from pymodel import EntryKind, Hypervisor, Level, MachineState, Page, Reason, RequestPhase, Space, Ticket, Vm, all_of
from pymodel import negate, require, require_manages


class P(Hypervisor):
    def release(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, ticket: Ticket) -> MachineState:
        require_manages(s, caller, s.space[space].vm)
        table, index = self.slot_for(s, space, page, level)
        e = s.memory[table, index]
        require(all_of(e.kind == EntryKind.STALE, negate(s.slot_note[table, index].split)), Reason.NOT_MAPPED)
        s = s.replace(  # <- refused
            tlb=s.tlb.reset(lambda _cpu, _tag, _asid, _va, c: all_of(c.table == table, c.index == index)),
            request=s.request.reset(lambda _r, x: all_of(x.phase == RequestPhase.TRANSLATED, x.table == table)),
        )
        return self.empty_slot(s, table, index)
