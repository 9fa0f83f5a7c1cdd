"""Control of record_again: a copy with another number, and the record stays as it is."""

from __future__ import annotations

from pymodel import Count, Frame, Hypervisor, MachineState, Record, all_of


class Cell(Record):
    n: Count = Count(0)


KEPT = Cell()


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        again = KEPT.replace(n=KEPT.n + 1)
        return all_of(s.frame[frame].clean == False, again.n < Count(10000000))
