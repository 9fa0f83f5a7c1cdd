"""The record that absent keys read as is one object, and is changed in place: then every note says used."""

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
    invariant,
    negate,
    require,
    require_exists,
)

MAGIC = Vm(0x4D2)


class Note(Record):
    used: bool = False


class Noted(MachineState):
    note: Map[Vm, Note]


class P(Hypervisor):
    State = Noted

    @invariant
    def nothing_is_noted(self, s: Any, vm: Vm) -> bool:
        return negate(s.note[vm].used)

    def start_vm(self, s: Any, caller: Vm, vm: Vm) -> Any:
        Note.default().__dict__.update(used=True)  # <- refused
        return super().start_vm(s, caller, vm)

    def donate(self, s: Any, caller: Vm, vm: Vm, frame: Frame) -> Any:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if s.note[vm].used:
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
