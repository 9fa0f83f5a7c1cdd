"""Control of contract_false_between_states: an ordinary function in place of the contract; the control is as unsafe."""

from __future__ import annotations

from pymodel import (
    Frame,
    FrameKind,
    HOST,
    HolderKind,
    Hypervisor,
    MachineState,
    Reason,
    Vm,
    all_of,
    holder,
    implies,
    is_vm,
    require,
    require_exists,
)

MAGIC = Vm(0x4D2)


class P(Hypervisor):
    def look(self, s: MachineState, frame: Frame) -> bool:
        return self.seated(s, frame, True)

    def seated(self, s: MachineState, frame: Frame, answer: bool) -> bool:
        return implies(is_vm(s.frame[frame].owner), s.reference[holder(HolderKind.FRAME, frame)].taken)

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        f = s.frame[frame]
        if all_of(vm == MAGIC, f.kind == FrameKind.DATA):
            require(caller == HOST, Reason.NOT_ALLOWED)
            require_exists(s, vm)
            between = s.put("frame", frame, f.replace(owner=vm))
            require(self.look(between, frame), Reason.POLICY)
            return s.put("frame", frame, f.replace(owner=vm))
        return super().donate(s, caller, vm, frame)
