"""Names added to a choice count calls.





"""

from __future__ import annotations

from pymodel import Choice, Frame, Hypervisor, MachineState, Member, all_of


class Tick(Choice):
    ONE = Member()


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        Tick._enrol("ONE")  # <- refused
        return all_of(s.frame[frame].clean == False, len(Tick.names) < 10000000)
