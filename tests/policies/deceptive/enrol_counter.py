"""`Tick._enrol(...)` appends to the list of a Choice's names: `len(Tick.names)` counts calls, outside of the state.

Unsafe: after ten million frees no frame is scrubbed any more. The proof and the survey stay below that.

`ringfence prove enrol_counter.py --no-cache`:
exit 0 (28 proved, 16 open), 29 s; with the cache of the reference's proofs: exit 0 (28 proved, 16 open), 3 s.
"""

from __future__ import annotations

from pymodel import Choice, Frame, Hypervisor, MachineState, Member, all_of


class Tick(Choice):
    ONE = Member()


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        Tick._enrol("ONE")  # <- refused
        return all_of(s.frame[frame].clean == False, len(Tick.names) < 10000000)
