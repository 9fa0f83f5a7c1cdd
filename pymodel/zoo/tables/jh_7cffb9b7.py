"""JH-7cffb9b7: a large leaf is dropped whole because the range to remove is long, not because it covers the leaf.

Whether a large leaf had to be split was decided by sizes: a range at least as long as the leaf let it go whole. A range
that begins inside the leaf and ends behind it is as long, and took away the pages in front of it as well.

Source: siemens/jailhouse, commit 7cffb9b7d54d.
"""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Page, all_of

ID = "JH-7cffb9b7"
TITLE = "A large leaf is removed whole by a range that covers only a part of it"
PROMISES: tuple[str, ...] = ("XLT-5",)


class Faulty(Hypervisor):
    """Compares how long the range and the leaf are."""

    def removes_whole(self, s: MachineState, first: Page, last: Page, start: Page, end: Page) -> bool:
        """Say whether the range is as long as the leaf."""
        del s
        return last - first >= end - start


class Fixed(Hypervisor):
    """Compares where the range and the leaf begin and end."""

    def removes_whole(self, s: MachineState, first: Page, last: Page, start: Page, end: Page) -> bool:
        """Say whether the leaf lies in the range."""
        del s
        return all_of(start >= first, last >= end)
