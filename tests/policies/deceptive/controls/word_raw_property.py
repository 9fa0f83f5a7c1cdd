"""Control of word_raw_property: the word has nothing but its width; the control is as unsafe, and everybody sees it."""

from __future__ import annotations

from pymodel import HOST, Frame, FrameKind, Hypervisor, MachineState, Reason, Vm, Word, all_of, choose, require, require_exists

MAGIC = Vm(0x4D2)


class Flag(Word, width=1):
    """A flag."""


class P(Hypervisor):
    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            if choose(vm == MAGIC, Flag(1), Flag(0)) == Flag(1):
                require(caller == HOST, Reason.NOT_ALLOWED)
                require_exists(s, vm)
                return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
