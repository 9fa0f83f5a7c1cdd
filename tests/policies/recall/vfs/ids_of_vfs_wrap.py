"""The requester id of a virtual function is computed by a multiplication in 16 bits, and only the last sum is checked.

The product of stride and number wraps, and so does the sum of PF and offset. The id that comes out is a small one, at which the
device has no function. What is given to a VM under that id is nothing, or a function that comes up there later and that is
somebody else's.

Source: mechanism: PCIe requester ids of VFs, computed by a formula in place of a chain.
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
    """Computes each id from the PF's."""

    def enumerate_vf(self, s: MachineState, caller: Vm, pf: Rid) -> MachineState:
        """Enter the next VF under PF + offset + number * stride."""
        p, r, facts = s.pf[pf], s.sriov[pf], s.platform.function[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(p.phase == SriovPhase.ENUMERATING, Reason.WRONG_STATE)
        base, step = pf + r.offset, p.cursor.to(Rid) * r.stride
        require(negate(base.add_overflows(step)), Reason.OUT_OF_RANGE)
        rid = base + step
        require(all_of(facts.secondary <= bus_of(rid), bus_of(rid) <= facts.subordinate), Reason.OUT_OF_RANGE)
        require(self.is_addressable(r, pf, rid), Reason.OUT_OF_RANGE)
        require(negate(s.pcie[rid].present), Reason.OCCUPIED)
        entered = p.cursor + 1
        done = choose(entered == r.num_vfs, SriovPhase.ENABLED, SriovPhase.ENUMERATING)
        return bring_vf_up(s, rid, pf, p.cursor).replace(
            pf=s.pf.set(pf, PfRecord(phase=done, cursor=entered)),
            vf=s.vf.set((pf, p.cursor), VfRecord(rid=rid)),
            function=s.function.set(rid, FunctionRecord.default()),
        )
