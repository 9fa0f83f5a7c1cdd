"""A handle may map as long as not both of its uses are taken; which of them is asked for is not looked at.

Two mappings for CPUs go through one handle. The handle notes the second in the place of the first. When the second is released,
the handle counts as unused and is given up, the grant ends, and the receiver keeps the first mapping of a frame that is granted
to nobody.

Source: Xen Security Advisory XSA-224: uses of a grant by CPU and device are confused.
"""

from __future__ import annotations

from pymodel import (
    Handle,
    Hypervisor,
    Level,
    MachineState,
    Page,
    Reason,
    Rights,
    SlotNote,
    Space,
    Vm,
    all_of,
    any_of,
    leaf,
    negate,
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Counts the uses of a handle, whatever kind they are of."""

    def map_granted(self, s: MachineState, caller: Vm, space: Space, page: Page, handle: Handle, rights: Rights) -> MachineState:
        """Map the frame of a grant through a handle that has a use left."""
        require_alive(s, caller, space.vm)
        require(handle.vm == space.vm, Reason.NOT_ALLOWED)
        p, h = s.space[space], s.handle[handle]
        require(h.live, Reason.NOT_OWNED)
        require(negate(all_of(h.cpu_use, h.device_use)), Reason.OCCUPIED)
        g = s.grant[h.grant]
        require(rights.within(g.rights), Reason.RIGHTS)
        after = self.put_leaf(s, space, page, Level.PAGE, leaf(g.frame, rights), SlotNote(max_cached_rights=rights, handle=handle))
        table, index = self.slot_for(s, space, page, Level.PAGE)
        if p.io:
            return after.put("handle", handle, h.replace(device_use=True, device_table=table, device_index=index))
        return after.put("handle", handle, h.replace(cpu_use=True, cpu_table=table, cpu_index=index))


class Twin(Hypervisor):
    """Looks at the use that is asked for, before anything else of the handle."""

    def map_granted(self, s: MachineState, caller: Vm, space: Space, page: Page, handle: Handle, rights: Rights) -> MachineState:
        """Map the frame of a grant through a handle whose use of that kind is left."""
        require_alive(s, caller, space.vm)
        require(handle.vm == space.vm, Reason.NOT_ALLOWED)
        p, h = s.space[space], s.handle[handle]
        require(h.live, Reason.NOT_OWNED)
        taken = any_of(all_of(p.io, h.device_use), all_of(negate(p.io), h.cpu_use))
        require(negate(taken), Reason.OCCUPIED)
        g = s.grant[h.grant]
        require(rights.within(g.rights), Reason.RIGHTS)
        after = self.put_leaf(s, space, page, Level.PAGE, leaf(g.frame, rights), SlotNote(max_cached_rights=rights, handle=handle))
        table, index = self.slot_for(s, space, page, Level.PAGE)
        if p.io:
            return after.put("handle", handle, h.replace(device_use=True, device_table=table, device_index=index))
        return after.put("handle", handle, h.replace(cpu_use=True, cpu_table=table, cpu_index=index))
