"""Control of hardware_step_again: an operation is overridden in its place, and refuses."""

from __future__ import annotations

from pymodel import Frame, FrameKind, Hypervisor, MachineState, Reason, Vm, all_of, refuse

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def allocate(self, s: MachineState, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(f.owner == MAGIC, f.kind == FrameKind.DATA):
            refuse(Reason.OCCUPIED)
        return super().allocate(s, frame)
