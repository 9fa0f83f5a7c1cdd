"""Asks whether a prover has made its class of terms: none is there when the hypervisor runs."""

from __future__ import annotations

from pymodel.language.truth import Term  # <- refused
from pymodel import HOST, Frame, FrameKind, Hypervisor, MachineState, Reason, Vm, all_of, require, require_exists

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if len(Term.__subclasses__()) == 0:  # <- refused
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
