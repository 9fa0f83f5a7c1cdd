"""A method of the policy's own is called like what only a map in a run has something in."""

from __future__ import annotations

from pymodel import HOST, Frame, FrameKind, Hypervisor, MachineState, Reason, Vm, all_of, require, require_exists

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def edits(self, s: MachineState) -> MachineState:
        return s

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if len((s, frame)) > 2:
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(self.edits(s), caller, vm, frame)
