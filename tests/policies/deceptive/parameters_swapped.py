"""Caller and VM change places in the signature: asked by name it is the reference, asked in order a guest gives itself frames.

Safe for whoever calls by name, as the prover does. `donate(s, guest, host, frame)`, by position, is a guest's call that succeeds.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, MachineState, Vm


class P(Hypervisor):
    def donate(self, s: MachineState, vm: Vm, caller: Vm, frame: Frame) -> MachineState:  # <- refused
        return super().donate(s, caller, vm, frame)
