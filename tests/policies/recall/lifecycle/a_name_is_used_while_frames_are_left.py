"""A VM is created under the name of one that was drained and still has memory.

Nothing of the old one runs, so its name is free, is the idea. Its frames, its address spaces and its grants go by the name:
they are the new VM's, with what the old one left in them.

Source: mechanism: an identifier is used again before everything that is keyed by it is gone.
"""

from __future__ import annotations

from pymodel import HOST, Hypervisor, Life, MachineState, Reason, Vm, VmRecord, all_of, any_of, is_vm, require


class Faulty(Hypervisor):
    """Asks whether anything of the VM may still run."""

    def create_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        """The host creates a VM under a name that nobody runs under."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(all_of(is_vm(vm), vm != HOST), Reason.NOT_ALLOWED)
        life = s.vm[vm].life
        require(any_of(life == Life.ABSENT, life == Life.DRAINED, life == Life.EMPTY), Reason.OCCUPIED)
        require(s.iommu.on, Reason.WRONG_STATE)
        return s.put("vm", vm, VmRecord(life=Life.CREATED))
