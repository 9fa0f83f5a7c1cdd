"""Whether its VM is live is looked at when a virtual CPU is loaded, and not when it begins to run.

The VM is killed between the two steps. It runs after all, though a dying VM is to run no more: what it owns is taken down while
it runs.

Source: mechanism: a state is looked at in the first step of a switch and relied on in the last.
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    Cpu,
    HolderKind,
    Hypervisor,
    LastRun,
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
    """Looks at the VM's life when a virtual CPU is loaded."""

    def switch_in(self, s: MachineState, cpu: Cpu) -> MachineState:
        """Last step: the second stage goes on with the tag and root of the VM's address space."""
        c = s.cpu[cpu]
        require(all_of(negate(c.stage2), c.vcpu != 0), Reason.WRONG_STATE)
        u = s.vcpu[c.vcpu]
        v = s.vm[u.vm]
        require(v.has_space, Reason.WRONG_STATE)
        require(has_usable_tag(s, v.space), Reason.WRONG_STATE)
        space = s.space[v.space]
        after = s
        if s.last[cpu, space.tag].vcpu != c.vcpu:
            after = flush_local_tlb(s, cpu, space.tag)
        after = turn_stage2_on(after, cpu, space.tag, space.root).put("last", (cpu, space.tag), LastRun(vcpu=c.vcpu))
        return take(after, account(AccountKind.CONTEXTS, v.space), holder(HolderKind.CPU, cpu))
