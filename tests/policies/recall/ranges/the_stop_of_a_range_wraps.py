"""The page behind a range is computed, and for a range that ends with the last page it is page 0.

A leaf is looked for below that page, and none is. What is mapped at the end of the address space can be removed page by page
alone, or not at all by those who work in ranges: the tear-down ends with an error and its mappings in place.

Source: siemens/jailhouse, commit 87aa37d4: the exclusive end of a range wraps to zero.
"""

from __future__ import annotations

from pymodel import Hypervisor, Level, MachineState, Page, Reason, Space, Vm, all_of, level_mask, require, require_manages


class Faulty(Hypervisor):
    """Works with the page behind the range."""

    def unmap_range(
        self, s: MachineState, caller: Vm, space: Space, first: Page, last: Page, page: Page, level: Level
    ) -> MachineState:
        """Remove the leaf at `page`, which lies in the range first..last; one that does not lie in it wholly must be split."""
        require_manages(s, caller, space.vm)
        require(first <= last, Reason.OUT_OF_RANGE)
        stop = last + 1
        end = page | level_mask(level)
        require(all_of(page < stop, end >= first), Reason.OUT_OF_RANGE)
        require(self.removes_whole(s, first, last, page, end), Reason.UNALIGNED)
        return self.unmap(s, caller, space, page, level)


class Twin(Hypervisor):
    """Works with the first and the last page that range and leaf have in common."""

    def unmap_range(
        self, s: MachineState, caller: Vm, space: Space, first: Page, last: Page, page: Page, level: Level
    ) -> MachineState:
        """Remove the leaf at `page`, if it and the range have pages in common and the range has all of the leaf's."""
        require_manages(s, caller, space.vm)
        require(first <= last, Reason.OUT_OF_RANGE)
        end = page | level_mask(level)
        require(max(page, first) <= min(end, last), Reason.OUT_OF_RANGE)
        require(self.removes_whole(s, first, last, page, end), Reason.UNALIGNED)
        return self.unmap(s, caller, space, page, level)
