"""A CPU's TLB is flushed under the tag that its registers had, not under the one that they get.

The registers that are read are those from before the switch, and after an unloading they name no tag at all. What the CPU holds
for another virtual CPU of the same VM stays, and the incoming one is served with it.

Source: Xen Security Advisory XSA-292, in another guise: on a switch the TLB is flushed under another context than it should be.
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    Cpu,
    HolderKind,
    Hypervisor,
    LastRun,
    Life,
    MachineState,
    Reason,
    account,
    all_of,
    flush_local_tlb,
    has_usable_tag,
    holder,
    negate,
    require,
    take,
    turn_stage2_on,
)


class Faulty(Hypervisor):
    """Reads the tag before it is written."""

    def switch_in(self, s: MachineState, cpu: Cpu) -> MachineState:
        """Last step: the second stage goes on with the tag and root of the VM's address space."""
        c = s.cpu[cpu]
        require(all_of(negate(c.stage2), c.vcpu != 0), Reason.WRONG_STATE)
        u = s.vcpu[c.vcpu]
        v = s.vm[u.vm]
        require(all_of(v.life == Life.LIVE, v.has_space), Reason.WRONG_STATE)
        require(has_usable_tag(s, v.space), Reason.WRONG_STATE)
        space = s.space[v.space]
        after = s
        if s.last[cpu, space.tag].vcpu != c.vcpu:
            after = flush_local_tlb(s, cpu, c.tag)
        after = turn_stage2_on(after, cpu, space.tag, space.root).put("last", (cpu, space.tag), LastRun(vcpu=c.vcpu))
        return take(after, account(AccountKind.CONTEXTS, v.space), holder(HolderKind.CPU, cpu))
