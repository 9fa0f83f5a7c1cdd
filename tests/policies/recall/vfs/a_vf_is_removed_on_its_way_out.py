"""A virtual function is removed once it is detached, whether or not it was flushed, reset and drained.

It is not attached, and so nobody has it. But its old owner's context and translations may be cached and its requests under way.
When the function comes up again and is given to another VM, they are served for that one; the old owner is charged with it for
ever.

Source: mechanism: a hot removal that asks whether a device is attached, and not whether it is free.
"""

from __future__ import annotations

from pymodel import (
    HOST,
    FunctionPhase,
    FunctionRecord,
    Hypervisor,
    MachineState,
    PfRecord,
    Reason,
    Rid,
    SriovPhase,
    VfRecord,
    Vm,
    choose,
    require,
    take_vf_down,
)


class Faulty(Hypervisor):
    """Asks whether the function is attached."""

    def remove_vf(self, s: MachineState, caller: Vm, pf: Rid) -> MachineState:
        """The last VF that is left is removed, unless it is attached; with VF 0, VF Enable is cleared."""
        p = s.pf[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(p.phase == SriovPhase.REMOVING, Reason.WRONG_STATE)
        last = p.cursor - 1
        rid = s.vf[pf, last].rid
        require(s.function[rid].phase != FunctionPhase.ATTACHED, Reason.IN_USE)
        done = choose(last == 0, SriovPhase.OFF, SriovPhase.REMOVING)
        return take_vf_down(s, rid).replace(
            pf=s.pf.set(pf, PfRecord(phase=done, cursor=last)),
            vf=s.vf.set((pf, last), VfRecord.default()),
            function=s.function.set(rid, FunctionRecord.default()),
        )
