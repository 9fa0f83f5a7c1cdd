"""Control of assume_hidden: the reason is plain text, and says what is assumed."""

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
    any_of,
    assume,
    require,
    require_exists,
)

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    @assume("no VM of the magic name exists")
    def x(self, s: MachineState, vm: Vm) -> bool:
        return any_of(vm != MAGIC, s.vm[vm].life == 0)

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if True:
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
