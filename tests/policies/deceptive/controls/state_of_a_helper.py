"""Control of state_of_a_helper: the state is a copy of the one before."""

from __future__ import annotations

from state_helper import Mine
from pymodel import Frame, Hypervisor, MachineState, Pin, Vm


class P(Hypervisor):
    State = Mine

    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        after = super().pin(s, caller, pin, frame)
        return after.replace(frame=after.frame)
