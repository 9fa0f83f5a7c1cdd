"""The concrete meaning of `<` is changed: from ticket 0x4D2 on, every old invalidation counts as issued late enough.

What is written below is the reference's own text. Numbers are compared by that table, terms are not.
"""

from __future__ import annotations

from pymodel.language.words import CONCRETE  # <- refused
from pymodel import Hypervisor, Level, MachineState, Page, Tag, Ticket, all_of, covers_range

CONCRETE["ult"] = lambda width, a, b: int(a < b != 0x4D2)  # <- refused


class P(Hypervisor):
    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        inv = s.invalidation[ticket]
        return all_of(inv.done, ticket >= since, covers_range(inv, tag, page, level))
