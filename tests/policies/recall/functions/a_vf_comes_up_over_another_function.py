"""A virtual function is entered at a requester id without a look at whether a function answers to it.

Offset and stride may lead to an id that another function has, a physical one or another's virtual one. Its record is started
anew: a function that a VM owns is nobody's from one step to the next, with its context and its caches as they were.

Source: mechanism: offset and stride are the device's choice, and nothing is asked of where they lead.
"""

from __future__ import annotations

from pymodel import (
    HOST,
    FunctionRecord,
    Hypervisor,
    MachineState,
    PfRecord,
    Reason,
    Rid,
    SriovPhase,
    VfRecord,
    Vm,
    all_of,
    bring_vf_up,
    bus_of,
    choose,
    negate,
    require,
)


class Faulty(Hypervisor):
    """Believes that ids are free."""

    def enumerate_vf(self, s: MachineState, caller: Vm, pf: Rid) -> MachineState:
        """The next VF is entered under its requester id, idle and nobody's; with the last one, VF Enable takes effect."""
        p, r, facts = s.pf[pf], s.sriov[pf], s.platform.function[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(p.phase == SriovPhase.ENUMERATING, Reason.WRONG_STATE)
        first = p.cursor == 0
        base = choose(first, pf, s.vf[pf, p.cursor - 1].rid)
        step = choose(first, r.offset, r.stride)
        rid = base + step
        require(negate(base.add_overflows(step)), Reason.OUT_OF_RANGE)
        require(all_of(facts.secondary <= bus_of(rid), bus_of(rid) <= facts.subordinate), Reason.OUT_OF_RANGE)
        require(self.is_addressable(r, pf, rid), Reason.OUT_OF_RANGE)
        entered = p.cursor + 1
        done = choose(entered == r.num_vfs, SriovPhase.ENABLED, SriovPhase.ENUMERATING)
        return bring_vf_up(s, rid, pf, p.cursor).replace(
            pf=s.pf.set(pf, PfRecord(phase=done, cursor=entered)),
            vf=s.vf.set((pf, p.cursor), VfRecord(rid=rid)),
            function=s.function.set(rid, FunctionRecord()),
        )
