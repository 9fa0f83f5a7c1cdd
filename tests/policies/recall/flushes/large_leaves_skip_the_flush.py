"""The flush of the IOTLB is left out for large leaves, by an early return that was meant for something else.

Large leaves took a path of their own, which wrote entries back and returned before the flush. The frames of a block are let go,
and a device still reaches them through what its IOTLB cached of the block.

Source: Xen Security Advisory XSA-366, the follow-up of XSA-321; xen-project/xen, commit 76d369d33179.
"""

from __future__ import annotations

from pymodel import Hypervisor, Level, MachineState, Page, Space, Tag, Ticket, all_of, any_of, covers_range, covers_tag


class Faulty(Hypervisor):
    """Returns early for large leaves."""

    def range_flushed(self, s: MachineState, space: Space, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Say whether a leaf is out of every cache; a large one is dealt with when it is broken."""
        if level != Level.PAGE:
            return True
        return super().range_flushed(s, space, page, level, since, ticket)


class Twin(Hypervisor):
    """Asks more of large leaves: a flush of the whole tag."""

    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Say whether a leaf is out of every cache; an invalidation by pages will do for pages alone."""
        inv = s.invalidation[ticket]
        small = all_of(level == Level.PAGE, covers_range(inv, tag, page, level))
        return all_of(inv.done, ticket >= since, any_of(small, covers_tag(inv, tag)))
