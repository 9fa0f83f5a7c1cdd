"""`return` under `finally` drops the refusal, and any signal of the engine with it."""

from __future__ import annotations

from pymodel import HOST, Frame, FrameKind, Hypervisor, MachineState, Vm, all_of

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        try:  # <- refused
            return super().donate(s, caller, vm, frame)
        finally:
            if all_of(caller == HOST, vm == MAGIC, f.kind == FrameKind.DATA):
                return s.put("frame", frame, f.replace(owner=vm))
