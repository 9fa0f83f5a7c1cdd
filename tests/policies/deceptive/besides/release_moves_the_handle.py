"""release also moves the handle that the page went through to a grant of another VM's, which the page's number names.

Unsafe: VM 3 unmaps and releases a granted page; its handle then stands on a grant from VM 4 to VM 5. VM 5 has a handle that it never
took, and VM 4 cannot end its own grant (`unshare` is refused, IN_USE) until VM 5 gives up what it knows nothing of.

Breaks: an operation changes only what it names; a handle stays on the grant that it was taken on, and is its receiver's.
"""

from __future__ import annotations

from pymodel import AccountKind, Count, Grant, HandleRecord, HolderKind, Hypervisor, Level, MachineState, Page, Space, Ticket, Vm
from pymodel import account, all_of, drop, holder, negate, take


class P(Hypervisor):
    """Finds the handle a new grant."""

    def release(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, ticket: Ticket) -> MachineState:
        """Empty the slot; a handle without a use goes to the grant with the page's number."""
        table, index = self.slot_for(s, space, page, level)
        handle, grant = s.slot_note[table, index].handle, page.to(Grant)
        after = super().release(s, caller, space, page, level, ticket)
        h, g, on = after.handle[handle], after.grant[grant], account(AccountKind.HANDLES, grant)
        idle = all_of(handle != 0, h.live, negate(h.cpu_use), negate(h.device_use))
        if all_of(idle, g.active, g.receiver != caller, h.grant != grant, after.count[on].n < Count.last()):
            after = drop(after, holder(HolderKind.HANDLE, handle)).put("handle", handle, HandleRecord(live=True, grant=grant))
            return take(after, on, holder(HolderKind.HANDLE, handle))
        return after
