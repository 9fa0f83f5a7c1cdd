"""Control of star_import: the helper gives one constant, by name."""

from __future__ import annotations

from pymodel import HOST, Frame, FrameKind, Hypervisor, MachineState, Reason, Vm, all_of, is_vm, negate, require, require_exists
from star_helper import LIMIT

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if negate(is_vm(vm)):
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
