"""Control of record_fields: a second field in place of the list of fields; the control is as unsafe, and everybody sees it."""

from __future__ import annotations

from pymodel import (
    Frame,
    FrameKind,
    HOST,
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
    kept: bool = False


class Noted(MachineState):
    note: Map[Vm, Note]


class P(Hypervisor):
    State = Noted

    def start_vm(self, s, caller: Vm, vm: Vm):
        return super().start_vm(s, caller, vm).put("note", vm, Note(used=True))

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if s.note[vm].used:
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
