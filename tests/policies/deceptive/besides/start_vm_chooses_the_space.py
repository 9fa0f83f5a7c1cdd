"""start_vm, for a VM that has no address space for its CPUs yet, chooses one of its own for it: the first one.

Unsafe: the choice is made once. The VM wanted to look at its memory first and then use another space; its use_space is refused
(OCCUPIED) for good, and its virtual CPUs run with tables that it was still filling, or had left aside.

Breaks: start_vm makes a VM live and changes nothing else of it; the address space of a VM's CPUs is chosen by who manages it.
"""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Space, Vm, all_of, negate


class P(Hypervisor):
    """Starts VMs ready to run."""

    def start_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        """Make it live, in some address space."""
        after = super().start_vm(s, caller, vm)
        v, space = after.vm[vm], vm.to(Space) << 16 | 1
        p = s.space[space]
        if all_of(negate(v.has_space), p.live, p.vm == vm, negate(p.io)):
            return after.put("vm", vm, v.replace(has_space=True, space=space))
        return after
