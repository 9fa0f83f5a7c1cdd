"""tune_queues, an operation of the policy's own, lets any live VM write NumVFs of a PF that is nobody's and has no VFs.

Unsafe: most PFs are nobody's: the host drives them. A guest decides how many virtual functions appear when the host says
`enable_vfs`, under requester ids that the host has not reckoned with; or none, each time.

Breaks: only the host writes the registers of SR-IOV; no more VFs are enabled than the host asked for.
"""

from __future__ import annotations

from pymodel import NOBODY, Hypervisor, Life, MachineState, Reason, Rid, SriovPhase, Vf, Vm, all_of, operation, require, write_sriov


class P(Hypervisor):
    """Lets VMs tune what they are going to use."""

    @operation
    def tune_queues(self, s: MachineState, caller: Vm, pf: Rid, queues: Vf) -> MachineState:
        """Have as many queues as that."""
        facts = s.platform.function[pf]
        require(s.vm[caller].life == Life.LIVE, Reason.NOT_ALLOWED)
        require(all_of(facts.capable, s.pf[pf].phase == SriovPhase.OFF, s.function[pf].owner == NOBODY), Reason.WRONG_STATE)
        require(queues <= facts.total_vfs, Reason.OUT_OF_RANGE)
        return write_sriov(s, pf, s.sriov[pf].replace(num_vfs=queues))
