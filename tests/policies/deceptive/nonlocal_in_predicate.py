"""A bulk update's predicate counts how often it is asked: once of symbols, once for each point of a concrete map."""

from __future__ import annotations

from typing import Any

from pymodel import (
    HOST,
    Count,
    Frame,
    FrameKind,
    Hypervisor,
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
    used: bool = False


class Noted(MachineState):
    note: Map[Vm, Note]


class P(Hypervisor):
    State = Noted

    def start_vm(self, s: Any, caller: Vm, vm: Vm) -> Any:
        return super().start_vm(s, caller, vm).put("note", vm, Note(used=True))

    def donate(self, s: Any, caller: Vm, vm: Vm, frame: Frame) -> Any:
        asked = Count(0)

        def ask(of: Vm, note: Note) -> bool:
            nonlocal asked  # <- refused
            asked = asked + 1
            return False

        kept = s.note.reset(ask)
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if asked > 1:
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.replace(note=kept).put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
