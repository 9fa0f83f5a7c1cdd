"""A state is made from nothing by a class that a helper hands on, with every cache empty."""

from __future__ import annotations

import state_helper
from pymodel import Frame, Hypervisor, MachineState, Pin, Vm


class P(Hypervisor):
    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        after = super().pin(s, caller, pin, frame)
        return state_helper.Mine(frame=after.frame, tlb=after.tlb.reset(lambda *_: True))  # <- refused
