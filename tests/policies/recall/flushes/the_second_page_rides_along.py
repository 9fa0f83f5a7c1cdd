"""Two pages are released together after a look at the flush of the first.

Pages are often unmapped in pairs and flushed by one invalidation, so one look is enough for both, is the idea. The invalidation
may be that of a single page. A device reaches the frame of the second one while somebody else has it.

Source: mechanism: a batch of releases that is checked at its head.
"""

from __future__ import annotations

from pymodel import (
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
    negate,
    operation,
    require,
    require_manages,
)


class Faulty(Hypervisor):
    """Looks at one flush for two pages."""

    @operation
    def release_pair(self, s: MachineState, caller: Vm, space: Space, page: Page, ticket: Ticket) -> MachineState:
        """Empty the stale slots of a page and of the next one."""
        require_manages(s, caller, space.vm)
        table, index = self.slot_for(s, space, page + 1, Level.PAGE)
        e, n = s.memory[table, index], s.slot_note[table, index]
        require(all_of(e.kind == EntryKind.STALE, negate(n.split), n.job == 0), Reason.NOT_MAPPED)
        return self.empty_slot(self.release(s, caller, space, page, Level.PAGE, ticket), table, index)


class Twin(Hypervisor):
    """Looks at each."""

    @operation
    def release_pair(self, s: MachineState, caller: Vm, space: Space, page: Page, ticket: Ticket) -> MachineState:
        """Empty the stale slots of a page and of the next one."""
        first = self.release(s, caller, space, page, Level.PAGE, ticket)
        return self.release(first, caller, space, page + 1, Level.PAGE, ticket)
