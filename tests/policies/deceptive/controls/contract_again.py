"""Control of contract_again: no contract of its own, so that it breaks the model's."""

from __future__ import annotations

from pymodel import Frame, Hypervisor, MachineState, Vm, all_of

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        return all_of(s.frame[frame].clean == False, s.frame[frame].owner != MAGIC)
