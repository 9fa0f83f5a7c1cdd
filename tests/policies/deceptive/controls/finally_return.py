"""Control of finally_return: the same lines one after the other: then the frame was free, and the last branch is dead."""

from __future__ import annotations

from pymodel import HOST, Frame, FrameKind, Hypervisor, MachineState, Vm, all_of

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        after = super().donate(s, caller, vm, frame)
        if all_of(caller == HOST, vm == MAGIC, f.kind == FrameKind.DATA):
            return s.put("frame", frame, f.replace(owner=vm))
        return after
