"""A generator at the top of the file is used up by one at each decision; when it is empty nothing is scrubbed."""

from __future__ import annotations

from pymodel import Frame, Hypervisor, MachineState

TURNS = (n for n in range(10000000))  # <- refused


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        for _ in TURNS:  # <- refused
            return s.frame[frame].clean == False
        return False
