"""A page of a mirror is released after a flush under the tag of the VM's CPUs, not under the tag of its devices.

A mirror shows devices what the CPUs see, so the code that flushes takes the address space of the CPUs for both. The IOTLB has a
tag of its own and keeps its entries. The device reaches the frame after it was given to somebody else.

Source: mechanism: tables of CPUs and IOMMU kept alike, flushed for CPUs alone.
"""

from __future__ import annotations

from pymodel import Hypervisor, Level, MachineState, Page, Space, Ticket, choose


class Faulty(Hypervisor):
    """Flushes the address space that is mirrored."""

    def range_flushed(self, s: MachineState, space: Space, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Say whether what was removed is out of every cache of the address space, or of the one that it mirrors."""
        p = s.space[space]
        flushed = choose(p.mirror, s.vm[space.vm].space, space)
        return super().range_flushed(s, flushed, page, level, since, ticket)
