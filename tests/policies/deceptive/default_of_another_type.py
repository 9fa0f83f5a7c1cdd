"""A field of one choice has a default of another choice, whose number the first one does not have."""

from __future__ import annotations

from typing import Any

from pymodel import (
    HOST,
    Count,
    Frame,
    FrameKind,
    Hypervisor,
    Life,
    MachineState,
    Map,
    Reason,
    Record,
    Vm,
    all_of,
    require,
    require_exists,
)

MAGIC = Vm(0x4D2)


class Note(Record):
    life: Life = FrameKind.PUBLISHED  # <- refused


class Noted(MachineState):
    note: Map[Vm, Note]


class P(Hypervisor):
    State = Noted

    def donate(self, s: Any, caller: Vm, vm: Vm, frame: Frame) -> Any:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if s.note[vm].life.to(Count) == 7:
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
