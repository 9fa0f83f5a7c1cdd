"""A helper stands under the name TYPE_CHECKING, so that a branch is run and not read."""

from __future__ import annotations
import type_checking_helper as TYPE_CHECKING  # <- refused

if TYPE_CHECKING:

    def peek(w):
        return getattr(w, "is_con" + "crete")


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
            if peek(vm):
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
