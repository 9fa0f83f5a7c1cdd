"""A CPU's TLB is flushed when another VM comes, and not when another virtual CPU of the same VM does.

Two virtual CPUs of one VM share the tag and may use the same first-stage tag for different things. The second one is served
what the first one's tables said: one process of the guest reads another's memory.

Source: mechanism: Linux KVM on Arm once flushed by VM alone, and has noted the last virtual CPU on each CPU since.
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
    """Compares the VMs."""

    def switch_in(self, s: MachineState, cpu: Cpu) -> MachineState:
        """Last step: the second stage goes on; what the CPU holds for another VM is dropped first."""
        c = s.cpu[cpu]
        require(all_of(negate(c.stage2), c.vcpu != 0), Reason.WRONG_STATE)
        u = s.vcpu[c.vcpu]
        v = s.vm[u.vm]
        require(all_of(v.life == Life.LIVE, v.has_space), Reason.WRONG_STATE)
        require(has_usable_tag(s, v.space), Reason.WRONG_STATE)
        space = s.space[v.space]
        before, after = s.last[cpu, space.tag].vcpu, s
        if s.vcpu[before].vm != u.vm:
            after = flush_local_tlb(s, cpu, space.tag)
        after = turn_stage2_on(after, cpu, space.tag, space.root).put("last", (cpu, space.tag), LastRun(vcpu=c.vcpu))
        return take(after, account(AccountKind.CONTEXTS, v.space), holder(HolderKind.CPU, cpu))


class Twin(Hypervisor):
    """Flushes whoever comes."""

    def switch_in(self, s: MachineState, cpu: Cpu) -> MachineState:
        """Last step: the second stage goes on; what the CPU holds under the tag is dropped first, always."""
        c = s.cpu[cpu]
        require(all_of(negate(c.stage2), c.vcpu != 0), Reason.WRONG_STATE)
        u = s.vcpu[c.vcpu]
        v = s.vm[u.vm]
        require(all_of(v.life == Life.LIVE, v.has_space), Reason.WRONG_STATE)
        require(has_usable_tag(s, v.space), Reason.WRONG_STATE)
        space = s.space[v.space]
        after = turn_stage2_on(flush_local_tlb(s, cpu, space.tag), cpu, space.tag, space.root)
        after = after.put("last", (cpu, space.tag), LastRun(vcpu=c.vcpu))
        return take(after, account(AccountKind.CONTEXTS, v.space), holder(HolderKind.CPU, cpu))
