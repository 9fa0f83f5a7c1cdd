"""Control of except_refused: a condition that always holds."""

from __future__ import annotations

from pymodel import HOST, Frame, FrameKind, Hypervisor, MachineState, Reason, Vm, all_of, any_of, require, require_exists

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        if any_of(vm == MAGIC, vm != MAGIC):
            return super().donate(s, caller, vm, frame)
        else:
            require(all_of(caller == HOST, vm == MAGIC, s.frame[frame].kind == FrameKind.DATA), Reason.OCCUPIED)
            require_exists(s, vm)
            return s.put("frame", frame, s.frame[frame].replace(owner=vm))
