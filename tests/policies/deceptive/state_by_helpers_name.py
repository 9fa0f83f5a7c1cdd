"""A state is made from nothing by a class that a helper hands on, with every cache empty."""

from __future__ import annotations

from state_helper import Machine
from pymodel import Frame, Hypervisor, MachineState, Pin, Vm


class P(Hypervisor):
    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        after = super().pin(s, caller, pin, frame)
        return Machine(frame=after.frame, tlb=after.tlb.reset(lambda *_: True))  # <- refused
