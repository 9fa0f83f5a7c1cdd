"""A page of a frame with an odd number is never released, and such a frame never taken back: `POLICY` and `EXHAUSTED` excuse all."""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Level, MachineState, Page, Reason, Space, Ticket, Vm, require



class P(Hypervisor):
    def release(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, ticket: Ticket) -> MachineState:
        table, index = self.slot_for(s, space, page, level)
        require((s.memory[table, index].frame & 1) == 0, Reason.EXHAUSTED)
        return super().release(s, caller, space, page, level, ticket)

    def reclaim(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        require((frame & 1) == 0, Reason.POLICY)
        return super().reclaim(s, caller, frame)

    def kill_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        require((vm & 8) == 0, Reason.POLICY)
        return super().kill_vm(s, caller, vm)
