"""Control of recursion_on_a_word: it cuts the number, which is then never the one that matters."""

from __future__ import annotations

from pymodel import HOST, Frame, FrameKind, Hypervisor, MachineState, Reason, Vm, all_of, require, require_exists

MAGIC = Vm(0x1D2)


def counted(n: Vm) -> Vm:
    if n == 0:
        return n
    return n & 0xFF


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(f.kind == FrameKind.DATA):
            if counted(vm) == MAGIC:
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
