"""A decision calls the reference's helper that asks for the decision; the circle ends at the second turn and answers no."""

from __future__ import annotations

from pymodel import NOBODY, Frame, Hypervisor, MachineState, Vm

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        f = s.frame[frame]
        if f.owner == MAGIC:
            after = self.release_frame(s.put("frame", frame, f.replace(owner=NOBODY)), frame)  # <- refused
            return after.frame[frame].clean == False
        return f.clean == False
