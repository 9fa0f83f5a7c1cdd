"""`super().__init__(...)` inside an ordinary method of a Record of the policy's own: a frozen record that changes in place.

Unsafe: what one call leaves there the next one finds, outside of the state; here it counts, and after ten million frees no frame is
scrubbed any more. (Words that are symbols could be kept there as well, from one run of the proof to the next: not tried.)

`ringfence prove record_again.py --no-cache`:
exit 0 (28 proved, 16 open), 30 s; with the cache of the reference's proofs: exit 0 (28 proved, 16 open), 3 s.
"""

from __future__ import annotations

from pymodel import Count, Frame, Hypervisor, MachineState, Record, all_of


class Cell(Record):
    n: Count = Count(0)


class Changing(Cell):
    n: Count = Count(0)

    def again(self, n: Count) -> None:  # <- refused
        super().__init__(n=n)


KEPT = Changing()


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        KEPT.again(KEPT.n + 1)
        return all_of(s.frame[frame].clean == False, KEPT.n < Count(10000000))
