"""unmap notes, for one frame in 256, that only an invalidation with the last ticket of all will do, which is never issued.

Unsafe: release is refused with NOT_FLUSHED whatever the VM flushes and however often. While its address space has a tag (which it
keeps as long as a CPU or a device uses it) the slot is lost, and the frame can be neither given back, transferred nor made a table.

Breaks: what is unmapped and flushed can be released; `a flush is waited for` is no excuse once it completed.
"""

from __future__ import annotations

from pymodel import Hypervisor, Level, MachineState, Page, Space, Ticket, Vm


class P(Hypervisor):
    """Removes leaves."""

    def unmap(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level) -> MachineState:
        """Remove the leaf; be careful with some frames."""
        after = super().unmap(s, caller, space, page, level)
        table, index = self.slot_for(s, space, page, level)
        if (s.memory[table, index].frame & 0xFF) == 0xD2:
            return after.put("slot_note", (table, index), after.slot_note[table, index].replace(since=Ticket.last()))
        return after
