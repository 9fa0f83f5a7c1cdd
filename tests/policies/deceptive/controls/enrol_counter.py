"""Control of enrol_counter: the name that the choice has is read."""

from __future__ import annotations

from pymodel import Choice, Frame, Hypervisor, MachineState, Member, all_of


class Tick(Choice):
    ONE = Member()


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        tick = Tick.ONE
        return all_of(s.frame[frame].clean == False, tick == Tick.ONE)
