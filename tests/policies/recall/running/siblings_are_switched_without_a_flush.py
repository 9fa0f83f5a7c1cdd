"""Two virtual CPUs of one VM are switched in one step, in which tag and root stay, and the TLB with them.

The second stage is the same for both, so it seems that nothing else has to change. The two may use one ASID for different address
spaces of their own: the incoming one is served with what was cached for the other.

Source: mechanism: a directed yield leaves out what the long way does besides loading registers.
"""

from __future__ import annotations

from pymodel import (
    Cpu,
    Hypervisor,
    LastRun,
    Life,
    MachineState,
    Reason,
    Vcpu,
    all_of,
    flush_local_tlb,
    load_cpu,
    negate,
    operation,
    require,
    turn_stage2_on,
)


class Faulty(Hypervisor):
    """Exchanges the registers alone."""

    @operation
    def yield_to(self, s: MachineState, cpu: Cpu, vcpu: Vcpu) -> MachineState:
        """The hypervisor lets a virtual CPU go on where another one of the same VM ran."""
        c = s.cpu[cpu]
        require(all_of(c.stage2, c.vcpu != 0, vcpu != 0), Reason.WRONG_STATE)
        old, new = s.vcpu[c.vcpu], s.vcpu[vcpu]
        require(all_of(new.exists, new.vm == old.vm), Reason.WRONG_STATE)
        require(negate(new.loaded), Reason.IN_USE)
        require(s.vm[new.vm].life == Life.LIVE, Reason.WRONG_STATE)
        placed = s.vcpu.set(c.vcpu, old.replace(loaded=False)).set(vcpu, new.replace(loaded=True, cpu=cpu))
        after = turn_stage2_on(load_cpu(s, cpu, vcpu), cpu, c.tag, c.root)
        return after.replace(vcpu=placed)


class Twin(Hypervisor):
    """Exchanges the registers, drops what is cached, and notes who runs."""

    @operation
    def yield_to(self, s: MachineState, cpu: Cpu, vcpu: Vcpu) -> MachineState:
        """The hypervisor lets a virtual CPU go on where another one of the same VM ran."""
        c = s.cpu[cpu]
        require(all_of(c.stage2, c.vcpu != 0, vcpu != 0), Reason.WRONG_STATE)
        old, new = s.vcpu[c.vcpu], s.vcpu[vcpu]
        require(all_of(new.exists, new.vm == old.vm), Reason.WRONG_STATE)
        require(negate(new.loaded), Reason.IN_USE)
        require(s.vm[new.vm].life == Life.LIVE, Reason.WRONG_STATE)
        placed = s.vcpu.set(c.vcpu, old.replace(loaded=False)).set(vcpu, new.replace(loaded=True, cpu=cpu))
        after = turn_stage2_on(load_cpu(flush_local_tlb(s, cpu, c.tag), cpu, vcpu), cpu, c.tag, c.root)
        return after.replace(vcpu=placed, last=s.last.set((cpu, c.tag), LastRun(vcpu=vcpu)))
