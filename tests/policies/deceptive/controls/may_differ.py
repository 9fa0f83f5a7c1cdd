"""Control of may_differ: two records are compared; the control is as unsafe, and everybody sees it."""

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


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if s.vm[vm] != s.vm[caller]:
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
