"""A step of the hardware that stands among the operations on memory is written anew, and takes frames from a VM."""

from __future__ import annotations

from pymodel import HOST, EntryKind, Frame, FrameKind, Hypervisor, MachineState, Rights, Vm, all_of

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def hypervisor_writes(self, s: MachineState, frame: Frame, kind: EntryKind, rights: Rights) -> MachineState:  # <- refused
        f = s.frame[frame]
        if all_of(f.owner == MAGIC, f.kind == FrameKind.DATA):
            return s.put("frame", frame, f.replace(owner=HOST))
        return super().hypervisor_writes(s, frame, kind, rights)
