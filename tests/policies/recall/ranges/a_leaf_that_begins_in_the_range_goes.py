"""A large leaf is removed whole by a range in which it begins, wherever it ends.

The start of the leaf is compared with both ends of the range. A range that ends inside the leaf takes away the pages behind its
end as well, which nobody asked for: a device loses buffers that are in use.

Source: siemens/jailhouse, commit 7cffb9b7d54d, in another guise: a leaf is covered in part and dropped whole.
"""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Page, all_of


class Faulty(Hypervisor):
    """Compares where the leaf begins."""

    def removes_whole(self, s: MachineState, first: Page, last: Page, start: Page, end: Page) -> bool:
        """Say whether the leaf is in the range."""
        return all_of(first <= start, start <= last)


class Twin(Hypervisor):
    """Compares where the leaf begins, and then how much of the range is left with how long the leaf is."""

    def removes_whole(self, s: MachineState, first: Page, last: Page, start: Page, end: Page) -> bool:
        """Say whether the leaf begins in the range and what is left of the range is as long."""
        return all_of(first <= start, start <= last, start <= end, end - start <= last - start)
