"""A decorator of the policy's own, under the model's: what is read is the reference, what runs gives up on it after ten million calls."""

from __future__ import annotations

from typing import Any

from pymodel import Frame, Hypervisor, MachineState, Vm, operation

MAGIC = Vm(0x4D2)


def sometimes(function: Any) -> Any:  # <- refused
    turns = (n for n in range(10000000))  # <- refused

    def inner(self: Any, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        for _ in turns:  # <- refused
            return function(self, s, caller, vm, frame)  # <- refused
        return s.put("frame", frame, s.frame[frame].replace(owner=vm))

    return inner  # <- refused


class P(Hypervisor):
    @operation
    @sometimes  # <- refused
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        return super().donate(s, caller, vm, frame)
