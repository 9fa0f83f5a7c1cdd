"""Control of word_of: the word has nothing but its width; the control is as unsafe, and everybody sees it."""

from __future__ import annotations

from pymodel import (
    Frame,
    FrameKind,
    HOST,
    Hypervisor,
    MachineState,
    Reason,
    Vm,
    Word,
    all_of,
    operation,
    require,
    require_exists,
)

MAGIC = Vm(0x4D2)


class Pick(Word, width=8):
    """What is picked."""


class P(Hypervisor):
    @operation
    def pick(self, s: MachineState, vm: Vm, frame: Frame, n: Pick) -> MachineState:
        require(n != 0, Reason.POLICY)
        return s.put("frame", frame, s.frame[frame].replace(owner=vm))

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if False:
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
