"""What is in memory is looked at, and told to nobody."""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Index, MachineState, Page, Reason, Rid, Vm, require


class P(Hypervisor):
    def set_master(self, s: MachineState, caller: Vm, rid: Rid, on: bool) -> MachineState:
        after = super().set_master(s, caller, rid, on)
        stolen = s.memory[rid.to(Frame), Index(0)].frame.to(Page)
        require(stolen == stolen, Reason.WRONG_STATE)
        return after
