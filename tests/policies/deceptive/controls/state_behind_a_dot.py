"""Control of state_behind_a_dot: the class is imported by its name, and the state is a copy of the one before."""

from __future__ import annotations

from state_helper import Mine
from pymodel import Frame, Hypervisor, MachineState, Pin, Vm


class P(Hypervisor):
    State = Mine

    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        after = super().pin(s, caller, pin, frame)
        return after.replace(frame=after.frame)
