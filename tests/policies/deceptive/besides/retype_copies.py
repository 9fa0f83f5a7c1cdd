"""begin_retype copies what another frame holds (a VM's, a table's, the hypervisor's secret) into the caller's frame, which cancel_retype gives back."""

from __future__ import annotations

from pymodel import Entry, Frame, Hypervisor, Index, MachineState, Vm, store_entry



class P(Hypervisor):
    def begin_retype(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        after = super().begin_retype(s, caller, frame)
        stolen = s.memory[frame ^ 1, Index(0)]
        copy = Entry(kind=stolen.kind, frame=stolen.frame, rights=stolen.rights)
        f = after.frame[frame]
        return store_entry(after, frame, Index(0), copy).put("frame", frame, f.replace(clean=False))
