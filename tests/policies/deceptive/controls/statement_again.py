"""Control of statement_again: another name; the decision is as wrong, and the statement is there to see it."""

from __future__ import annotations

from pymodel import Asid, Cpu, Hypervisor, Level, MachineState, Page, Space, Tag, Ticket, VirtualPage, any_of, invariant

MAGIC = Tag(0x4D2)


class P(Hypervisor):
    @invariant
    def nothing_is_said_here(self, s: MachineState, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage, q: Ticket) -> bool:
        return True

    def range_flushed(self, s: MachineState, space: Space, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        return any_of(s.space[space].tag == MAGIC, super().range_flushed(s, space, page, level, since, ticket))
