"""A page is released without a flush if it could only be read when it was removed.

What may only be read does no harm, it is argued. It was writable before its rights were changed, and a cache still has it so; and
to read a frame that is another VM's by now is harm enough.

Source: Xen Security Advisory XSA-401 and its follow-up XSA-408: whether a flush is owed is told by what an entry has become, not
by what it was.
"""

from __future__ import annotations

from pymodel import (
    WRITE,
    EntryKind,
    Hypervisor,
    Level,
    MachineState,
    Page,
    Reason,
    Space,
    Ticket,
    Vm,
    all_of,
    any_of,
    negate,
    require,
    require_manages,
)


class Faulty(Hypervisor):
    """Waits for the flush of writable pages alone."""

    def release(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, ticket: Ticket) -> MachineState:
        """Empty a stale slot and give up its reference, given a completed invalidation that covers it if one is owed."""
        require_manages(s, caller, space.vm)
        table, index = self.slot_for(s, space, page, level)
        e, n = s.memory[table, index], s.slot_note[table, index]
        require(all_of(e.kind == EntryKind.STALE, negate(n.split)), Reason.NOT_MAPPED)
        require(n.job == 0, Reason.IN_USE)
        harmless = negate(e.rights.allows(WRITE))
        require(any_of(harmless, self.range_flushed(s, space, page, level, n.since, ticket)), Reason.NOT_FLUSHED)
        return self.empty_slot(s, table, index)
