"""A default that is a list is made once and remembers: after ten million questions nothing is scrubbed."""

from __future__ import annotations

from pymodel import Frame, Hypervisor, MachineState, all_of


def tick(seen: list[int] = []) -> int:  # <- refused
    seen.append(1)  # <- refused
    return len(seen)  # <- refused


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        return all_of(s.frame[frame].clean == False, tick() < 10000000)  # <- refused
