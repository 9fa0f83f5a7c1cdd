"""Flushes of the host's own devices are not waited for.

The host's devices are trusted, so a queued invalidation is enough for what their drivers unmap. But the frame leaves the host:
it goes back to the free frames and to a guest, and the host's device, or whoever broke into it, still reads and writes it.

Source: Linux iommu mailing list, February 2021 (lazy flushes, and for whom they are strict).
"""

from __future__ import annotations

from pymodel import HOST, Hypervisor, Level, MachineState, Page, Tag, Ticket, all_of, any_of, covers_range, covers_tag


class Faulty(Hypervisor):
    """Waits for the flushes of guests alone."""

    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Say whether an invalidation covers the leaf and was issued since then; it need not be done under the host's tags."""
        inv = s.invalidation[ticket]
        trusted = s.tag[tag].space.vm == HOST
        return all_of(any_of(inv.done, trusted), ticket >= since, covers_range(inv, tag, page, level))


class Twin(Hypervisor):
    """Waits for all, and lets nobody but the host invalidate by pages."""

    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Say whether an invalidation is done and was issued since then; for guests it must be one of the whole tag."""
        inv = s.invalidation[ticket]
        trusted = s.tag[tag].space.vm == HOST
        covered = any_of(covers_tag(inv, tag), all_of(trusted, covers_range(inv, tag, page, level)))
        return all_of(inv.done, ticket >= since, covered)
