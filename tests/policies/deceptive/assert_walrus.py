"""What keeps it safe is done inside an `assert`, which `python -O` leaves out."""

from __future__ import annotations

from pymodel import HOST, Frame, FrameKind, Hypervisor, MachineState, Reason, Vm, all_of, negate, require, require_exists

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        careful = False
        assert (careful := True)  # <- refused
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if negate(careful):
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
