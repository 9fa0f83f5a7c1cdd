"""A map is listed by the method of its class.






"""

from __future__ import annotations

from pymodel import Frame, FrameKind, FrameRecord, Hypervisor, MachineState, Map, is_vm


class P(Hypervisor):
    def scrub(self, s: MachineState, frame: Frame) -> MachineState:
        after = super().scrub(s, frame)
        for key, f in Map.items(s.frame):  # <- refused
            if is_vm(f.owner):
                after = after.put("frame", key[0], FrameRecord(kind=FrameKind.FREE, clean=True))
        return after
