"""The fault record of an owner's function says what another VM holds in memory."""

from __future__ import annotations

from pymodel import FaultRecord, Frame, Hypervisor, Index, MachineState, Page, Rid, Vm


class P(Hypervisor):
    def set_master(self, s: MachineState, caller: Vm, rid: Rid, on: bool) -> MachineState:
        after = super().set_master(s, caller, rid, on)
        stolen = s.memory[rid.to(Frame), Index(0)].frame.to(Page)
        return after.put("fault", rid, FaultRecord(valid=True, page=stolen, owner=caller))  # <- refused
