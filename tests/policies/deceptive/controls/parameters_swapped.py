"""Control of parameters_swapped: the reference's order."""

from __future__ import annotations

from pymodel import Frame, Hypervisor, MachineState, Vm


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        return super().donate(s, caller, vm, frame)
