"""An invalidation counts as done when the one that was issued after it is done.

Hardware completes requests in any order. The later one is done and the one that covers the page is not: the page is released, its
frame is given away, and the device reaches it by what its IOTLB still holds.

Source: mechanism: a queue is taken to be served in order, and its tail for the progress of all in front of it.
"""

from __future__ import annotations

from pymodel import Hypervisor, Level, MachineState, Page, Tag, Ticket, all_of, any_of, covers_range


class Faulty(Hypervisor):
    """Believes that invalidations complete in order."""

    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Say whether that invalidation, or the next one, is done."""
        inv, later = s.invalidation[ticket], s.invalidation[ticket + 1]
        return all_of(any_of(inv.done, later.done), ticket >= since, covers_range(inv, tag, page, level))
