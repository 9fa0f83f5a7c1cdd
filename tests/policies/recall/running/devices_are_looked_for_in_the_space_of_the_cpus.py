"""A dying VM is drained when no context names the address space of its CPUs.

Functions are translated by address spaces of their own, which are not looked at. The VM is drained with a device that still acts,
and the host begins to take its memory and its tables.

Source: mechanism: what may still act is looked for in one of several places.
"""

from __future__ import annotations

from pymodel import HOST, AccountKind, Hypervisor, Life, MachineState, Reason, Vm, account, is_unused, require


class Faulty(Hypervisor):
    """Looks at one address space for devices."""

    def drain_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        """The host finds that a dying VM has nothing that may act."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        v = s.vm[vm]
        require(v.life == Life.DYING, Reason.WRONG_STATE)
        require(is_unused(s, account(AccountKind.CONTEXTS, v.space)), Reason.IN_USE)
        require(is_unused(s, account(AccountKind.VCPUS, vm)), Reason.IN_USE)
        return s.put("vm", vm, v.replace(life=Life.DRAINED))
