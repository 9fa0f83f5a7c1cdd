"""Control of no_type_check: the function is called, and no decorator is applied."""

from __future__ import annotations
from pymodel import (
    Frame,
    FrameKind,
    HOST,
    Hypervisor,
    MachineState,
    Reason,
    Vm,
    all_of,
    require,
    require_exists,
)

MAGIC = Vm(0x4D2)


def dummy(x: Vm) -> Vm:
    return x


class P(Hypervisor):
    def start_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        after = super().start_vm(s, caller, vm)
        if s.vm[vm].has_space == True:
            return super().start_vm(s, caller, dummy(vm))
        return after

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if dummy(vm) == HOST:
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
