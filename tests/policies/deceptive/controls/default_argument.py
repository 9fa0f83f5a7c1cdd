"""Control of default_argument: a word in place of the list, and no default."""

from __future__ import annotations

from pymodel import Count, Frame, Hypervisor, MachineState, all_of


def tick(seen: Count) -> Count:
    return seen + 1


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        return all_of(s.frame[frame].clean == False, tick(Count(0)) < 10000000)
