"""All that is unmapped in one batch is noted with the ticket at which the batch was begun.

One flush at the end of a batch is meant to do for all of it. But a flush that somebody issues in the middle also has a later
ticket than the batch's beginning. Once that one is done, pages that were unmapped after it are released. The device reaches a
displaced frame until the flush at the end.

Source: Xen Security Advisory XSA-346: a frame is let go before the flush of its batch.
"""

from __future__ import annotations

from typing import Any

from pymodel import Hypervisor, Level, MachineState, Map, Page, Record, Space, Ticket, Vm, operation, require_manages


class Batch(Record):
    """A batch of unmappings that is under way, and the ticket from which on an invalidation counts for it."""

    begun: bool = False
    since: Ticket = Ticket(0)


class Batches(MachineState):
    """The machine, and each address space's batch."""

    batch: Map[Space, Batch]


class Faulty(Hypervisor):
    """Notes one ticket for a batch."""

    State = Batches  # type: ignore[assignment] # a part more than the machine has

    @operation
    def begin_batch(self, s: Any, caller: Vm, space: Space) -> Any:
        """Whoever looks after an address space begins a batch."""
        require_manages(s, caller, space.vm)
        return s.put("batch", space, Batch(begun=True, since=s.queue.next))

    @operation
    def end_batch(self, s: Any, caller: Vm, space: Space) -> Any:
        """And ends it."""
        require_manages(s, caller, space.vm)
        return s.put("batch", space, Batch())

    def unmap(self, s: Any, caller: Vm, space: Space, page: Page, level: Level) -> Any:
        """Remove a leaf; in a batch its ticket is the batch's."""
        after = super().unmap(s, caller, space, page, level)
        batch = s.batch[space]
        if batch.begun:
            slot = self.slot_for(s, space, page, level)
            return after.put("slot_note", slot, after.slot_note[slot].replace(since=batch.since))
        return after
