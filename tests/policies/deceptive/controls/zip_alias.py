"""Control of zip_alias: the builtin by its own name, and a part that the policy may write."""

from __future__ import annotations

from pymodel import (
    Frame,
    FrameKind,
    HOST,
    Hypervisor,
    MachineState,
    Reason,
    Vm,
    all_of,
    require,
    require_exists,
)

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def finish_retype(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        after = super().finish_retype(s, caller, frame)
        rest = after.slot_note.reset(lambda where, _i, _e: all_of(*(all_of(where == frame, x == y) for x, y in zip((1,), (1,)))))
        if f.owner == MAGIC:
            return after.replace(slot_note=rest)
        return after

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if False:
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
