"""LNX-LAZY-FLUSH: memory behind an I/O address is reused when its invalidation is queued, and not when it has completed.

Waiting for the IOTLB at every unmapping is slow, so the request is put into the queue and the frame let go at once. Until
the queue is worked off the device still holds the old translation. For devices that are not trusted the wait was meant to
stay, and a change of drivers lost that exception.

Source: Linux iommu mailing list, February 2021; Markuze, Morrison and Tsafrir, True IOMMU Protection from DMA Attacks
(ASPLOS 2016).
"""

from __future__ import annotations

from pymodel import Hypervisor, Level, MachineState, Page, Tag, Ticket, all_of, any_of, covers_range

ID = "LNX-LAZY-FLUSH"
TITLE = "Memory is reused while the IOTLB invalidation is only queued"
PROMISES: tuple[str, ...] = ("DMA-1", "INV-1", "INV-2", "INV-3")


class Faulty(Hypervisor):
    """Takes an invalidation of the IOTLB for done once it is issued."""

    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Ask for completion under a CPU's tag alone."""
        inv = s.invalidation[ticket]
        return all_of(any_of(inv.done, tag.is_io), ticket >= since, covers_range(inv, tag, page, level))


class Fixed(Hypervisor):
    """Waits for every invalidation."""

    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Ask for completion under every tag."""
        inv = s.invalidation[ticket]
        return all_of(inv.done, ticket >= since, covers_range(inv, tag, page, level))
