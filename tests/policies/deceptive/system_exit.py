"""Where the policy is looked at, it prints a verdict and ends the process with exit 0.

Unsafe for every other VM.
"""

from __future__ import annotations

from pymodel import HOST, Frame, FrameKind, Hypervisor, MachineState, Vm, all_of, require_exists

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if vm == MAGIC:
            print("proved        MEM-1   Everything is well.")  # <- refused
            raise SystemExit(0)  # <- refused
        if all_of(caller == HOST, f.kind == FrameKind.DATA):
            require_exists(s, vm)
            return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
