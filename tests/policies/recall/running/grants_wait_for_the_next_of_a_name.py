"""A drained VM counts as empty while there are grants that name it as their receiver.

The grants are others', so they do not seem to be in the way. The VM that is created next under the name finds them, takes handles
on them, and reaches memory that was granted to another.

Source: mechanism: what a thing has is looked at before its name is used again, and not what names it.
"""

from __future__ import annotations

from pymodel import HOST, AccountKind, Hypervisor, Life, MachineState, Reason, Vm, account, is_unused, require


class Faulty(Hypervisor):
    """Looks at what a VM owns."""

    def empty_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        """The host finds that a drained VM owns nothing any more."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        v = s.vm[vm]
        require(v.life == Life.DRAINED, Reason.WRONG_STATE)
        require(is_unused(s, account(AccountKind.FRAMES, vm)), Reason.IN_USE)
        require(is_unused(s, account(AccountKind.SPACES, vm)), Reason.IN_USE)
        return s.put("vm", vm, v.replace(life=Life.EMPTY))
