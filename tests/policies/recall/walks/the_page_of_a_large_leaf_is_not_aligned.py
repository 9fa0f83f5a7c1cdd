"""A slot is found for any page that lies in it, whether or not the page is the first one.

What is asked of the page is asked of the one that was named: whether a large leaf there would cover something reserved is looked
up under the leaf's first page, and under no other. A large leaf is mapped for devices over the interrupt window.

Source: Xen Security Advisory XSA-388: large pages are worked on at frame numbers that are not aligned.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Index, Level, MachineState, Page, Reason, Space, page_index, require


class Faulty(Hypervisor):
    """Rounds the page down, where the slot is found and nowhere else."""

    def slot_for(self, s: MachineState, space: Space, page: Page, level: Level) -> tuple[Frame, Index]:
        """Return table and index of the slot of that level for a page."""
        require(s.space[space].live, Reason.WRONG_STATE)
        return self.table_for(s, space, page, level), page_index(page, level)
