"""Control of map_items: the map is asked at the one key that is at hand."""

from __future__ import annotations

from pymodel import Frame, FrameKind, FrameRecord, Hypervisor, MachineState, is_vm


class P(Hypervisor):
    def scrub(self, s: MachineState, frame: Frame) -> MachineState:
        after = super().scrub(s, frame)
        for key, f in zip((frame,), (s.frame[frame],)):
            if is_vm(f.owner):
                after = after.put("frame", key, FrameRecord(kind=FrameKind.FREE, clean=True))
        return after
