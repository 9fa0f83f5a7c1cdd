"""XSA-346: a frame that was displaced from its address is let go before the flush at the end of the batch.

Moving many pages flushed the IOTLB once, when all were moved. But putting a page at an address that is in use evicts the
frame that was there, and this frame was free to be used again at once, while the device could still reach it by the old
translation.

Source: Xen Security Advisory XSA-346; xen-project/xen, commits 6f012ec24294 and d73e9720545d (XSA-355: 17ec9b43af07).
"""

from __future__ import annotations

from pymodel import (
    EntryKind,
    Frame,
    Hypervisor,
    Level,
    MachineState,
    Page,
    Reason,
    Rights,
    Space,
    Ticket,
    Vm,
    all_of,
    negate,
    require,
    require_manages,
)

ID = "XSA-346"
TITLE = "A displaced frame is let go before the batched flush"
PROMISES: tuple[str, ...] = ("DMA-1", "INV-1", "INV-3")


class Faulty(Hypervisor):
    """Evicts now and leaves the flush to the end of the batch."""

    def replace(
        self, s: MachineState, caller: Vm, space: Space, page: Page, frame: Frame, rights: Rights, ticket: Ticket
    ) -> MachineState:
        """Map a page in place of another one."""
        del ticket
        require_manages(s, caller, s.space[space].vm)
        table, index = self.slot_for(s, space, page, Level.PAGE)
        old, note = s.memory[table, index], s.slot_note[table, index]
        require(all_of(old.kind == EntryKind.STALE, negate(note.split), note.job == 0), Reason.NOT_MAPPED)
        return self.map(self.empty_slot(s, table, index), caller, space, page, Level.PAGE, frame, rights)


class Fixed(Hypervisor):
    """Evicts only what an invalidation has already covered."""

    def replace(
        self, s: MachineState, caller: Vm, space: Space, page: Page, frame: Frame, rights: Rights, ticket: Ticket
    ) -> MachineState:
        """Map a page in place of another one."""
        require_manages(s, caller, s.space[space].vm)
        table, index = self.slot_for(s, space, page, Level.PAGE)
        old, note = s.memory[table, index], s.slot_note[table, index]
        require(all_of(old.kind == EntryKind.STALE, negate(note.split), note.job == 0), Reason.NOT_MAPPED)
        require(self.range_flushed(s, space, page, Level.PAGE, note.since, ticket), Reason.NOT_FLUSHED)
        return self.map(self.empty_slot(s, table, index), caller, space, page, Level.PAGE, frame, rights)
