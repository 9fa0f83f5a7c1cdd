"""XSA-480: a table goes back to the pool while the flush that its unlinking owes is still outstanding.

Flushes of the second stage were gathered up and done later, which is harmless for as long as nothing is reused. But a
table that had become empty was given back at once. A walk cache could still point to it, so a walk went on through a page
that was another table by then, or a guest's data, in which the guest writes the entries that it would like to have.

Source: Xen Security Advisory XSA-480 (CVE-2026-23554); xen-project/xen, commit 8b8c324af669.
"""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Tag, Ticket, all_of, covers_tag

ID = "XSA-480"
TITLE = "A table is reused before the deferred flush has run"
PROMISES: tuple[str, ...] = ("INV-2", "MEM-1", "MEM-3", "XLT-5")


class Faulty(Hypervisor):
    """Is content with a flush that was asked for."""

    def is_table_flushed(self, s: MachineState, tag: Tag, since: Ticket, ticket: Ticket) -> bool:
        """Ask for a flush of the tag, issued after the unlinking."""
        inv = s.invalidation[ticket]
        return all_of(ticket >= since, covers_tag(inv, tag))


class Fixed(Hypervisor):
    """Waits for the flush."""

    def is_table_flushed(self, s: MachineState, tag: Tag, since: Ticket, ticket: Ticket) -> bool:
        """Ask for a flush of the tag, issued after the unlinking, that is done."""
        inv = s.invalidation[ticket]
        return all_of(inv.done, ticket >= since, covers_tag(inv, tag))
