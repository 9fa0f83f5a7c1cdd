"""Control of policy_attribute: the same number in a local name."""

from __future__ import annotations

from pymodel import Count, Frame, Hypervisor, MachineState, all_of


class P(Hypervisor):
    turns = Count(0)

    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        turns = self.turns + 1
        return all_of(s.frame[frame].clean == False, turns < 10000000)
