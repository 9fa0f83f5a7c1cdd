"""must_scrub keeps its contract in every state that the invariants allow (POL-2), and is asked by reclaim in one that they do not."""

from __future__ import annotations

from pymodel import Frame, HolderKind, Hypervisor, MachineState, Vm, all_of, holder, is_vm, negate

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        f = s.frame[frame]
        unseated = all_of(is_vm(f.owner), negate(s.reference[holder(HolderKind.FRAME, frame)].taken))  # never, in a whole state
        return all_of(f.clean == False, negate(all_of(f.owner == MAGIC, unseated)))
