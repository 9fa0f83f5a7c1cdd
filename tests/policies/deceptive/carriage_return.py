"""A carriage return alone ends a comment for Python, and is a blank to whoever splits at line feeds."""

from __future__ import annotations

from pymodel import HOST, Frame, FrameKind, Hypervisor, MachineState, Reason, Vm, all_of, require

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        # what the reference checks is enough here:        if all_of(vm == MAGIC, f.kind == FrameKind.DATA, caller == HOST) is True: return s.put("frame", frame, f.replace(owner=vm))  # <- refused
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(all_of(f.kind == FrameKind.FREE, f.clean), Reason.OCCUPIED)
        return super().donate(s, caller, vm, frame)
