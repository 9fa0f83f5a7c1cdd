"""A search for a window goes down through whatever stands in a slot.

Where a large leaf maps a page, what the guest keeps in that memory is read as a table. An empty entry there says that the page is
free; the search proposes a window which is mapped, and its answer tells what stands in memory.

Source: pKVM on Intel, issue 104: a walk goes through a large leaf and reads a guest's data as a table.
"""

from __future__ import annotations

from pymodel import EntryKind, Hypervisor, Level, MachineState, Page, Space, all_of, any_of, is_reserved, negate, page_index


class Faulty(Hypervisor):
    """Looks for an empty entry at any level."""

    def is_free(self, s: MachineState, space: Space, page: Page) -> bool:
        """Say whether a page can be mapped at all, is not reserved, and has an empty entry on the way to it."""
        upper = s.memory[s.space[space].root, page_index(page, Level.HUGE)]
        lower = s.memory[upper.frame, page_index(page, Level.BLOCK)]
        entry = s.memory[lower.frame, page_index(page, Level.PAGE)]
        reserved = is_reserved(s, s.space[space].layout, Level.PAGE, page)
        clear = all_of(negate(reserved), page_index(page, Level.HUGE) <= s.platform.mmu.root_last)
        empty = any_of(upper.kind == EntryKind.NONE, lower.kind == EntryKind.NONE, entry.kind == EntryKind.NONE)
        return all_of(clear, empty)
