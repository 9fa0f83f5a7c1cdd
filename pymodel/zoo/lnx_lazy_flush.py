"""A removed translation counts as gone before the invalidation that was queued for it has completed.

The device keeps using what its IOTLB holds while the frame behind it is already somebody else's.

Source: Linux IOMMU list, February 2021; Markuze, Morrison and Tsafrir, ASPLOS 2016.
"""

from __future__ import annotations

from pymodel.hardware.caches import covers_range
from pymodel.hardware.ids import Level, Page, Tag, Ticket
from pymodel.hardware.machine import MachineState
from pymodel.hypervisor import Hypervisor
from pymodel.words import all_of

__all__ = ["ID", "PROMISES", "TITLE", "Fault", "Twin"]

ID = "LNX-LAZY-FLUSH"
TITLE = "A frame is reused while the invalidation for it is only queued"
PROMISES = ("INV-1", "INV-3")


class Fault(Hypervisor):
    """Reuse is allowed at once."""

    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Take everything for flushed."""
        return True


class Twin(Hypervisor):
    """Reuse waits for an invalidation that covers the range, was issued afterwards, and is done."""

    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Look at the invalidation that the caller points to."""
        inv = s.invalidation[ticket]
        return all_of(covers_range(inv, tag, page, level), since <= ticket, inv.done)
