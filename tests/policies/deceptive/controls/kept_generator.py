"""Control of kept_generator: a tuple, which is never used up."""

from __future__ import annotations

from pymodel import Frame, Hypervisor, MachineState

TURNS = (0, 1, 2)


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        for _ in TURNS:
            if s.frame[frame].clean == False:
                return True
        return False
