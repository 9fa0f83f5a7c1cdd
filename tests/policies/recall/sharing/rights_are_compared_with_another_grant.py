"""The rights of a mapping are compared with those of the grant that has the handle's number.

Under the handle's number there is a grant of the receiver's own, of which the receiver chooses the rights. A frame that was
granted to be read is mapped to be written.

Source: mechanism: two tables are indexed by numbers of one kind, and one is indexed with the other's.
"""

from __future__ import annotations

from pymodel import (
    Grant,
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
    """Looks the rights up by the handle's number."""

    def map_granted(self, s: MachineState, caller: Vm, space: Space, page: Page, handle: Handle, rights: Rights) -> MachineState:
        """Map the frame of a grant through a handle: one CPU mapping and one device mapping for each handle."""
        require_alive(s, caller, space.vm)
        require(handle.vm == space.vm, Reason.NOT_ALLOWED)
        p, h = s.space[space], s.handle[handle]
        require(h.live, Reason.NOT_OWNED)
        require(negate(any_of(all_of(p.io, h.device_use), all_of(negate(p.io), h.cpu_use))), Reason.OCCUPIED)
        require(rights.within(s.grant[handle.to(Grant)].rights), Reason.RIGHTS)
        note = SlotNote(max_cached_rights=rights, handle=handle)
        after = self.put_leaf(s, space, page, Level.PAGE, leaf(s.grant[h.grant].frame, rights), note)
        table, index = self.slot_for(s, space, page, Level.PAGE)
        if p.io:
            return after.put("handle", handle, h.replace(device_use=True, device_table=table, device_index=index))
        return after.put("handle", handle, h.replace(cpu_use=True, cpu_table=table, cpu_index=index))
