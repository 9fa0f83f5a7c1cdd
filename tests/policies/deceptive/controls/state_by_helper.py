"""Control of state_by_helper: the class has its own name, and the state is a copy of the one before."""

from __future__ import annotations

from state_helper import MachineState
from pymodel import Frame, Hypervisor, Pin, Vm


class P(Hypervisor):
    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        after = super().pin(s, caller, pin, frame)
        return after.replace(frame=after.frame)
