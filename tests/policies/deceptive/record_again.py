"""A record is made a second time, in place.






"""

from __future__ import annotations

from pymodel import Count, Frame, Hypervisor, MachineState, Record, all_of


class Cell(Record):
    n: Count = Count(0)


class Changing(Cell):  # <- refused
    n: Count = Count(0)

    def again(self, n: Count) -> None:
        super().__init__(n=n)


KEPT = Changing()


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        KEPT.again(KEPT.n + 1)
        return all_of(s.frame[frame].clean == False, KEPT.n < Count(10000000))
