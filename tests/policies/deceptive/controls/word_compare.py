"""Control of word_compare: the word has nothing but its width; the control is as unsafe, and everybody sees it."""

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
    Word,
    all_of,
    require,
    require_exists,
)

MAGIC = Vm(0x4D2)


class Flag(Word, width=1):
    """A flag."""


class Note(Record):
    flag: Flag = Flag(0)


class Noted(MachineState):
    note: Map[Vm, Note]


class P(Hypervisor):
    State = Noted

    def start_vm(self, s, caller: Vm, vm: Vm):
        return super().start_vm(s, caller, vm).put("note", vm, Note(flag=Flag(1)))

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if s.note[vm].flag == Flag(1):
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
