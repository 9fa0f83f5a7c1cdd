"""Two maps are compared by the points they were given: a symbolic map has none, and all of them are equal."""

from __future__ import annotations

from pymodel import (
    HOST,
    Frame,
    FrameKind,
    Hypervisor,
    MachineState,
    Reason,
    Vm,
    VmRecord,
    all_of,
    negate,
    require,
    require_exists,
)

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if negate(s.put("vm", vm, VmRecord.default()).vm == s.vm):  # <- refused
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
