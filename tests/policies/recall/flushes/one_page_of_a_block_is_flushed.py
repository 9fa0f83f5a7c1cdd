"""An invalidation of a block's first page counts for the whole block.

The size of the invalidation is not compared with the size of the leaf: it is enough that the page at which the leaf begins is
covered. A guest that touched the block's other pages keeps 511 translations, or 262,143, to frames that somebody else is given.

Source: mechanism: by-address invalidations whose size is that of a page whatever the size of the leaf.
"""

from __future__ import annotations

from pymodel import Hypervisor, Level, MachineState, Page, Tag, Ticket, all_of, covers_range, level_mask


class Faulty(Hypervisor):
    """Looks at the first page of a leaf."""

    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Say whether an invalidation that was issued since then, and is done, covers the leaf's address."""
        inv = s.invalidation[ticket]
        return all_of(inv.done, ticket >= since, covers_range(inv, tag, page, Level.PAGE))


class Twin(Hypervisor):
    """Looks at the first page of a leaf and at the last one: an aligned power of two that has both has all between."""

    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Say whether an invalidation that was issued since then, and is done, covers both ends of the leaf."""
        inv = s.invalidation[ticket]
        last = page ^ level_mask(level)
        ends = all_of(covers_range(inv, tag, page, Level.PAGE), covers_range(inv, tag, last, Level.PAGE))
        return all_of(inv.done, ticket >= since, ends)
