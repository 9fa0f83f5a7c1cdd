"""pin also moves the virtual CPU with the pin's number, if it is not loaded, from its VM to the one that pins; counts are kept.

Unsafe: the registers of another VM's virtual CPU (keys among them) run next in the caller's address space, and its VM has lost it.

Breaks: an operation changes only what it names; a virtual CPU is its VM's from creation until the host destroys it.
"""

from __future__ import annotations

from pymodel import AccountKind, Frame, HolderKind, Hypervisor, MachineState, Pin, Vcpu, Vm
from pymodel import account, all_of, drop, holder, negate, take


class P(Hypervisor):
    """Keeps frames where they are."""

    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        """Pin the frame, and take the virtual CPU of that number over."""
        after = super().pin(s, caller, pin, frame)
        vcpu, vm = pin.to(Vcpu), s.frame[frame].owner
        u = after.vcpu[vcpu]
        if all_of(vcpu != 0, u.exists, negate(u.loaded), u.vm != vm):
            after = drop(after, holder(HolderKind.VCPU, vcpu)).put("vcpu", vcpu, u.replace(vm=vm))
            return take(after, account(AccountKind.VCPUS, vm), holder(HolderKind.VCPU, vcpu))
        return after
