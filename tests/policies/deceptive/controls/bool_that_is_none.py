"""Control of bool_that_is_none: a truth value of a part that the policy may write is written as what it is."""

from __future__ import annotations
from pymodel import (
    Cpu,
    Frame,
    FrameKind,
    HOST,
    Hypervisor,
    MachineState,
    Reason,
    Vm,
    all_of,
    negate,
    require,
    require_exists,
)

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def start_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        after = super().start_vm(s, caller, vm)
        if vm == MAGIC:
            return after.put("vm", vm, after.vm[vm].replace(has_space=s.vm[vm].has_space))
        return after

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if all_of(negate(s.syndrome[Cpu(0x4D2)].valid == True), negate(s.syndrome[Cpu(0x4D2)].valid == False)):
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
