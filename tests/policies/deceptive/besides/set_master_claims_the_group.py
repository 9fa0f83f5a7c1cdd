"""set_master also notes the caller as the owner of the next function's isolation group, as if both were one device.

Unsafe: where they are not, the group's functions are another VM's, or will be. The host may then give one of them to the caller
beside the other VM's, since it looks at the group's owner: two VMs' devices reach each other below the IOMMU.

Breaks: a group is whose functions it has; it gets an owner when the host gives the first one away.
"""

from __future__ import annotations

from pymodel import Group, GroupRecord, Hypervisor, MachineState, Rid, Vm, widens


class P(Hypervisor):
    """Takes functions side by side for one device, and a device for one group."""

    @widens("set_master", "group", "owner")
    def group_of_neighbour(self, s: MachineState, rid: Rid) -> Group:
        """The next function's group is the caller's."""
        return s.platform.function[rid + 1].group

    def set_master(self, s: MachineState, caller: Vm, rid: Rid, on: bool) -> MachineState:
        """Turn it on or off, and note whose device that is."""
        after = super().set_master(s, caller, rid, on)
        return after.put("group", s.platform.function[rid + 1].group, GroupRecord(owner=caller))
