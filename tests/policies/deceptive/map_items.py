"""Each `scrub` of a free frame frees every frame of every VM, unscrubbed and noted as clean.

Unsafe: any VM's frame, with what it holds, is given to the next VM while the first still has it mapped. The paths in the proof are
the reference's, so the step does not even count as the policy's own, and nothing is tried in runs.

`ringfence prove map_items.py --no-cache`:
exit 0 (28 proved, 16 open), 29 s; with the cache of the reference's proofs: exit 0 (28 proved, 16 open), 4 s.
"""

from __future__ import annotations

from pymodel import Frame, FrameKind, FrameRecord, Hypervisor, MachineState, Map, is_vm


class P(Hypervisor):
    def scrub(self, s: MachineState, frame: Frame) -> MachineState:
        after = super().scrub(s, frame)
        for key, f in Map.items(s.frame):  # <- refused
            if is_vm(f.owner):
                after = after.put("frame", key[0], FrameRecord(kind=FrameKind.FREE, clean=True))
        return after
