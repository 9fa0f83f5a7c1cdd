"""The contract of a decision is written anew, and allows what the policy does: frames of one VM are never scrubbed."""

from __future__ import annotations

from pymodel import Frame, Hypervisor, MachineState, Vm, all_of

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        return all_of(s.frame[frame].clean == False, s.frame[frame].owner != MAGIC)

    def contract_scrub(self, s: MachineState, frame: Frame, answer: bool) -> bool:  # <- refused
        return True
