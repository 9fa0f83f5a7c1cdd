"""The policy is an object and takes attributes: it counts its own decisions, and scrubs nothing after ten million."""

from __future__ import annotations

from pymodel import Count, Frame, Hypervisor, MachineState, all_of


class P(Hypervisor):
    turns = Count(0)

    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        self.turns = turns = self.turns + 1  # <- refused
        return all_of(s.frame[frame].clean == False, turns < 10000000)
