"""Control of system_exit: it refuses there."""

from __future__ import annotations

from pymodel import HOST, Frame, FrameKind, Hypervisor, MachineState, Reason, Vm, all_of, refuse, require_exists

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if vm == MAGIC:
            refuse(Reason.OCCUPIED)
        if all_of(caller == HOST, f.kind == FrameKind.DATA):
            require_exists(s, vm)
            return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
