"""The length of a range is computed in bytes, in 32 bits with a sign, and widened.

A range of 2 GiB has the sign bit set. Widened it is nearly the whole address space, so each leaf counts as covered, and one
that the range ends in the middle of goes whole: buffers behind the range are gone while a device uses them.

Source: Linux iommu mailing list, 24 June 2020: the size of an unmapping overflows an int in the driver for AMD's IOMMU.
"""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Page, Word, all_of


class Size(Word, width=32):
    """A length in bytes, with a sign."""


class Bytes(Word, width=64):
    """A length in bytes."""


class Faulty(Hypervisor):
    """Counts bytes in an int."""

    def removes_whole(self, s: MachineState, first: Page, last: Page, start: Page, end: Page) -> bool:
        """Say whether the leaf ends within so many bytes of the range's beginning."""
        size = ((last - first) + 1).to(Size) << 12
        pages = (size.sext(Bytes) >> 12).to(Page)
        return all_of(first <= start, start <= end, end - first < pages)


class Twin(Hypervisor):
    """Counts bytes in as many bits as an address has, and compares the last one."""

    def removes_whole(self, s: MachineState, first: Page, last: Page, start: Page, end: Page) -> bool:
        """Say whether the leaf ends within so many bytes of the range's beginning."""
        size = ((last - first) + 1).to(Bytes) << 12
        last_page_of_range = ((size - 1) >> 12).to(Page)
        return all_of(first <= last, first <= start, start <= end, end - first <= last_page_of_range)
