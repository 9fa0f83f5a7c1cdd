"""transfer gives the frame, with what is in it, to another VM than the one named (the one with the next number), if there is one.

Unsafe: VM 3 hands its data to VM 4 and VM 5 gets it.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Life, MachineState, Vm, all_of, any_of, is_vm


class P(Hypervisor):
    def transfer(self, s: MachineState, caller: Vm, frame: Frame, to: Vm) -> MachineState:
        after = super().transfer(s, caller, frame, to)
        other = to + 1
        life = s.vm[other].life
        if all_of(is_vm(other), any_of(life == Life.CREATED, life == Life.LIVE)):
            return super().transfer(s, caller, frame, other)
        return after
