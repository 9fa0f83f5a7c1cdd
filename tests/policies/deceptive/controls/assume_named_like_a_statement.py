"""Control of assume_named_like_a_statement: the assumption has a name of its own; what donate does is as unsafe."""

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
    assume,
    require,
    require_exists,
)

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    @assume("nothing at all")
    def nothing_is_assumed_here(self, s: MachineState, p: Frame) -> bool:
        return True

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if True:
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
