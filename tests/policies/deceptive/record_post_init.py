"""A record changes itself when it is made, to a truth value that is neither; symbolic records are not made that way."""

from __future__ import annotations

from typing import Any

from pymodel import (
    HOST,
    Frame,
    FrameKind,
    Hypervisor,
    MachineState,
    Map,
    Reason,
    Record,
    Vm,
    all_of,
    any_of,
    negate,
    require,
    require_exists,
)

MAGIC = Vm(0x4D2)


class Note(Record):
    used: bool = False

    def __post_init__(self) -> None:  # <- refused
        self.__dict__["used"] = None  # <- refused


class Noted(MachineState):
    note: Map[Vm, Note]


class P(Hypervisor):
    State = Noted

    def donate(self, s: Any, caller: Vm, vm: Vm, frame: Frame) -> Any:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if negate(any_of(s.note[vm].used == True, s.note[vm].used == False)):
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
