"""Control of swapping_decorator: the model's decorator alone, and the function beside it is an ordinary helper."""

from __future__ import annotations

from typing import Any

from pymodel import Frame, Hypervisor, MachineState, Vm, all_of, operation

MAGIC = Vm(0x4D2)


def sometimes(s: Any, vm: Vm) -> bool:
    return all_of(vm == MAGIC, s.vm[vm].life == 0)


class P(Hypervisor):
    @operation
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        return super().donate(s, caller, vm, frame)
