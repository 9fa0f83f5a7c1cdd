"""Control of circle_through_reference: a copy of the state that leaves alone what is asked."""

from __future__ import annotations

from pymodel import NOBODY, Frame, Hypervisor, MachineState, Vm

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        f = s.frame[frame]
        if f.owner == MAGIC:
            after = s.put("frame", frame, f.replace(owner=NOBODY))
            return after.frame[frame].clean == False
        return f.clean == False
