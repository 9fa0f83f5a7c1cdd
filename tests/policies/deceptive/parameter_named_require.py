"""A parameter is called `require` like the model's function, and is given `isinstance`."""

from __future__ import annotations

from typing import Any

from pymodel import HOST, Frame, FrameKind, Hypervisor, MachineState, Reason, Vm, all_of, require, require_exists

MAGIC = Vm(0x4D2)


def judged(require: Any, fact: bool, reason: Any) -> bool:  # <- refused
    return require(fact, reason)  # <- refused


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if judged(isinstance, vm == MAGIC, bool):  # <- refused
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
