"""A VM that is rebooted is as it was before it was started, with its memory and what is in it.

Before a VM is started the host manages its memory, which is blank or the host's own doing. After a reboot it is the VM's: the
host maps it, grants it or hands it over, with what the VM had in it.

Source: mechanism: a state that gives the host authority is entered again when there is something to protect.
"""

from __future__ import annotations

from pymodel import (
    HOST,
    AccountKind,
    Hypervisor,
    Life,
    MachineState,
    Reason,
    Vm,
    account,
    all_of,
    any_of,
    is_unused,
    operation,
    require,
)


class Faulty(Hypervisor):
    """Lets the host prepare a VM again."""

    @operation
    def reboot_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        """The host, or the VM itself, has a VM without virtual CPUs begin anew."""
        require(any_of(caller == HOST, all_of(caller == vm, s.vm[vm].life == Life.LIVE)), Reason.NOT_ALLOWED)
        require(vm != HOST, Reason.NOT_ALLOWED)
        v = s.vm[vm]
        require(v.life == Life.LIVE, Reason.WRONG_STATE)
        require(is_unused(s, account(AccountKind.VCPUS, vm)), Reason.IN_USE)
        return s.put("vm", vm, v.replace(life=Life.CREATED))
