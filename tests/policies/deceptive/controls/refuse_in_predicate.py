"""Control of refuse_in_predicate: the predicate answers; the control is as unsafe, and everybody sees it."""

from __future__ import annotations

from typing import Any

from pymodel import HOST, Frame, FrameKind, Hypervisor, MachineState, Map, Reason, Record, Vm, all_of, require, require_exists

MAGIC = Vm(0x4D2)


class Note(Record):
    used: bool = False


class Noted(MachineState):
    note: Map[Vm, Note]


class P(Hypervisor):
    State = Noted

    def donate(self, s: Any, caller: Vm, vm: Vm, frame: Frame) -> Any:

        def used(of: Vm, note: Note) -> bool:
            return note.used

        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            kept = s.note.reset(used)
            require(caller == HOST, Reason.NOT_ALLOWED)
            require_exists(s, vm)
            return s.replace(note=kept).put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
