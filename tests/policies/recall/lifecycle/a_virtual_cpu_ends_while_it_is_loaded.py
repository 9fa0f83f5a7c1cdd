"""A virtual CPU is taken away that a physical CPU has loaded, as long as that one does not run it.

With the second stage off nothing is executed, so the virtual CPU counts as idle. Its registers are still on the CPU. The CPU
goes on with them for a virtual CPU that does not exist, or for the one that gets the same number next, which is another VM's.

Source: mechanism: an object is freed between two steps of a context switch.
"""

from __future__ import annotations

from pymodel import HOST, HolderKind, Hypervisor, MachineState, Reason, Vcpu, VcpuRecord, Vm, any_of, drop, holder, negate, require


class Faulty(Hypervisor):
    """Asks whether the virtual CPU runs."""

    def destroy_vcpu(self, s: MachineState, caller: Vm, vcpu: Vcpu) -> MachineState:
        """The host takes a virtual CPU away that no CPU runs."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        u = s.vcpu[vcpu]
        require(u.exists, Reason.WRONG_STATE)
        require(any_of(negate(u.loaded), negate(s.cpu[u.cpu].stage2)), Reason.IN_USE)
        forgotten = s.last.reset(lambda _cpu, _tag, last: last.vcpu == vcpu)
        after = s.replace(vcpu=s.vcpu.set(vcpu, VcpuRecord.default()), last=forgotten)
        return drop(after, holder(HolderKind.VCPU, vcpu))
