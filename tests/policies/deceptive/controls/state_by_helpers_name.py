"""Control of state_by_helpers_name: the name is a class of the helper's own, and the state is a copy of the one before."""

from __future__ import annotations

from state_helper import Machine
from pymodel import Frame, Hypervisor, MachineState, Pin, Vm


class P(Hypervisor):
    State = Machine

    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        after = super().pin(s, caller, pin, frame)
        return after.replace(frame=after.frame)
