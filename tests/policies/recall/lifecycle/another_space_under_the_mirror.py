"""A VM may choose another address space for its CPUs while none of them runs, although devices mirror the old one.

No CPU uses the old address space, so it can be exchanged. A mirror shows devices what the old one maps. At one guest address
CPU and device then reach different frames, and what the guest unmaps in the new address space stays mapped for its device.

Source: mechanism: the second-stage root of a VM is exchanged and the copy for devices is not.
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    Hypervisor,
    MachineState,
    Reason,
    Space,
    Vm,
    account,
    all_of,
    any_of,
    is_unused,
    negate,
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Asks whether somebody runs in the old address space."""

    def use_space(self, s: MachineState, caller: Vm, vm: Vm, space: Space) -> MachineState:
        """Choose the address space of a VM's CPUs while none of them uses another."""
        require_alive(s, caller, vm)
        require(space.vm == vm, Reason.NOT_ALLOWED)
        p, v = s.space[space], s.vm[vm]
        require(all_of(p.live, negate(p.io)), Reason.NOT_OWNED)
        idle = is_unused(s, account(AccountKind.CONTEXTS, v.space))
        require(any_of(negate(v.has_space), idle), Reason.OCCUPIED)
        return s.put("vm", vm, v.replace(has_space=True, space=space))
