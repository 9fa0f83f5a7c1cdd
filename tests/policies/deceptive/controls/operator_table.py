"""Control of operator_table: a constant of the policy's own in place of the table of operators of the model."""

from __future__ import annotations

from pymodel import Hypervisor, Level, MachineState, Page, Tag, Ticket, all_of, covers_range

CONCRETE = ("ult", "ule")


class P(Hypervisor):
    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        inv = s.invalidation[ticket]
        return all_of(inv.done, ticket >= since, covers_range(inv, tag, page, level))
