"""The policy declares the frames again, as a part of its own that it may write as it likes."""

from __future__ import annotations

from typing import Any

from pymodel import (
    HOST,
    NOBODY,
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


class Sheet(Record):
    owner: Vm = NOBODY
    kind: FrameKind = FrameKind.ABSENT
    clean: bool = False
    fresh: bool = False


class Sheets(MachineState):
    frame: Map[Frame, Sheet]  # <- refused


class P(Hypervisor):
    State = Sheets

    def donate(self, s: Any, caller: Vm, vm: Vm, frame: Frame) -> Any:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            require(caller == HOST, Reason.NOT_ALLOWED)
            require_exists(s, vm)
            return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
