"""An invariant of the policy's own has the name and the keys of a statement of the model, says nothing, and is proved in its place."""

from __future__ import annotations

from pymodel import Asid, Cpu, Hypervisor, Level, MachineState, Page, Space, Tag, Ticket, VirtualPage, any_of, invariant

MAGIC = Tag(0x4D2)


class P(Hypervisor):
    @invariant
    def no_tlb_entry_outlives_its_flush(self, s: MachineState, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage, q: Ticket) -> bool:  # <- refused
        return True

    def range_flushed(self, s: MachineState, space: Space, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        return any_of(s.space[space].tag == MAGIC, super().range_flushed(s, space, page, level, since, ticket))
