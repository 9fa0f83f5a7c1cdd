"""A search takes a page for free that was unmapped and not released yet.

What is no leaf is free, is the idea. A page that was removed still waits for its invalidation, and a device may have it cached.
The window that is proposed cannot be mapped; a search that looked further would have found one.

Source: mechanism: an I/O address is handed out again before the flush for its last use.
"""

from __future__ import annotations

from pymodel import EntryKind, Hypervisor, Level, MachineState, Page, Space, all_of, any_of, is_reserved, negate, page_index


class Faulty(Hypervisor):
    """Asks whether there is a leaf."""

    def is_free(self, s: MachineState, space: Space, page: Page) -> bool:
        """Say whether a page can be mapped at all, is not reserved, and nothing maps it."""
        upper = s.memory[s.space[space].root, page_index(page, Level.HUGE)]
        lower = s.memory[upper.frame, page_index(page, Level.BLOCK)]
        entry = s.memory[lower.frame, page_index(page, Level.PAGE)]
        reserved = is_reserved(s, s.space[space].layout, Level.PAGE, page)
        clear = all_of(negate(reserved), page_index(page, Level.HUGE) <= s.platform.mmu.root_last)
        below_lower = any_of(lower.kind == EntryKind.NONE, all_of(lower.kind == EntryKind.LINK, entry.kind != EntryKind.LEAF))
        return all_of(clear, any_of(upper.kind == EntryKind.NONE, all_of(upper.kind == EntryKind.LINK, below_lower)))
