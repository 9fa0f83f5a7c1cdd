"""A function goes back to the VM that had it without waiting for what it issued before.

Its own requests can do the VM no harm, is the idea. They were issued for the old address space and are translated by the new
one: what the VM told its device to write to one buffer goes to whatever lies at that address now, which may be another VM's
frame on loan.

Source: Xen Security Advisory XSA-302, in another guise: a device gets a new translation with requests in flight.
"""

from __future__ import annotations

from pymodel import (
    HOST,
    NOBODY,
    FunctionPhase,
    HolderKind,
    Hypervisor,
    MachineState,
    Reason,
    Rid,
    Space,
    Vm,
    all_of,
    drop,
    holder,
    operation,
    require,
)


class Faulty(Hypervisor):
    """Skips the draining of a function that stays with its VM."""

    def attach(self, s: MachineState, caller: Vm, rid: Rid, vm: Vm, space: Space) -> MachineState:
        """Give a clean function to a VM, or one that was reset to the VM that had it last."""
        f = s.function[rid]
        if all_of(caller == HOST, f.phase == FunctionPhase.RESET, f.owner == vm):
            back = drop(drop(s, holder(HolderKind.FUNCTION, rid)), holder(HolderKind.MEMBER, rid))
            back = back.put("function", rid, f.replace(owner=NOBODY, phase=FunctionPhase.CLEAN))
            return super().attach(back, caller, rid, vm, space)
        return super().attach(s, caller, rid, vm, space)


class Twin(Hypervisor):
    """Drains the function and gives it back in one operation."""

    @operation
    def give_back(self, s: MachineState, caller: Vm, rid: Rid, space: Space) -> MachineState:
        """The host gives a function that was reset back to the VM that had it."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        vm = s.function[rid].owner
        require(vm != NOBODY, Reason.WRONG_STATE)
        return self.attach(self.drain_function(s, caller, rid), caller, rid, vm, space)
