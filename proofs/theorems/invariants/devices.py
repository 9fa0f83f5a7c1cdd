"""Devices: contexts, owners, groups; and the CPUs' registers."""

from __future__ import annotations

from proofs.statements import Area, state
from proofs.theorems.invariants.accounts import is_counted_on
from proofs.theorems.invariants.caches import detached
from pymodel.hardware.ids import NOBODY, Asid, Cpu, Group, Rid, Tag, Ticket, Vcpu, VirtualPage
from pymodel.hardware.iommu import ContextEntry, ContextMode, context_of
from pymodel.hardware.pcie import layout_of
from pymodel.hypervisor.devices import FunctionPhase
from pymodel.hypervisor.ids import AccountKind, HolderKind, account, holder
from pymodel.hypervisor.spaces import TagPhase
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.machine import MachineState

AREA = Area("devices", promise=False)


@state
def an_owned_function_is_on_its_way(s: MachineState, d: Rid) -> bool:
    """An idle or clean function is nobody's, one attached or being detached is a VM's; only owners turn bus mastering on."""
    f, r = s.function[d], s.pcie[d]
    return all_of(
        implies(any_of(f.phase == FunctionPhase.IDLE, f.phase == FunctionPhase.CLEAN), f.owner == NOBODY),
        implies(
            any_of(f.phase == FunctionPhase.ATTACHED, f.phase == FunctionPhase.DETACHING, f.phase == FunctionPhase.FLUSHED),
            f.owner != NOBODY,
        ),
        implies(any_of(f.phase == FunctionPhase.CLEAN, f.phase == FunctionPhase.RESET), negate(r.master)),
        implies(f.phase != FunctionPhase.IDLE, r.present),
        implies(any_of(f.phase == FunctionPhase.CLEAN, f.phase == FunctionPhase.RESET), r.residue == NOBODY),
        implies(f.phase == FunctionPhase.ATTACHED, any_of(r.residue == NOBODY, r.residue == f.owner)),
        implies(all_of(f.phase == FunctionPhase.ATTACHED, r.master), r.residue == f.owner),
    )


@state
def what_is_reported_of_a_function_is_its_owners(s: MachineState, d: Rid) -> bool:
    """The fault that is reported of a function was a request of its owner's, or nobody's: no later owner reads an earlier one's."""
    record = s.fault[d]
    return implies(record.valid, any_of(record.owner == NOBODY, record.owner == s.function[d].owner))


@state
def an_attached_function_holds_its_space(s: MachineState, d: Rid) -> bool:
    """A function that is attached, or whose context may still be cached, keeps its address space and tag alive."""
    f, who = s.function[d], holder(HolderKind.CONTEXT, d)
    p = s.space[f.space]
    using = any_of(f.phase == FunctionPhase.ATTACHED, f.phase == FunctionPhase.DETACHING)
    return all_of(
        implies(
            using,
            all_of(
                is_counted_on(s, who, account(AccountKind.CONTEXTS, f.space)),
                p.live,
                p.io,
                p.vm == f.owner,
                p.layout == layout_of(s, d),
                p.tagged,
                s.tag[p.tag].phase == TagPhase.BOUND,
            ),
        ),
        implies(s.reference[who].taken, using),
    )


def is_own_context(s: MachineState, d: Rid, c: ContextEntry) -> bool:
    """Say whether a context is that of the address space that a function is attached to: its tag and its root."""
    p = s.space[s.function[d].space]
    return all_of(c.mode == ContextMode.STAGE2, c.tag == p.tag, c.root == p.root)


def blocks(s: MachineState, c: ContextEntry) -> bool:
    """Say whether a context lets nothing through."""
    return any_of(c.mode == ContextMode.ABORT, all_of(c.mode == ContextMode.INVALID, s.platform.iommu.invalid_blocks))


@state
def a_context_blocks_or_is_the_owners(s: MachineState, d: Rid) -> bool:
    """Once the IOMMU is on, each requester id has one context: it blocks, or names the space its function is attached to."""
    c, f = context_of(s, d), s.function[d]
    own = all_of(f.phase == FunctionPhase.ATTACHED, is_own_context(s, d, c))
    return implies(s.iommu.on, any_of(blocks(s, c), own))


@state
def a_cached_context_blocks_or_was_the_owners(s: MachineState, d: Rid) -> bool:
    """A cached context blocks, or names the space that its function is attached to or was until just now."""
    c, f = s.context_cache[d], s.function[d]
    using = any_of(f.phase == FunctionPhase.ATTACHED, f.phase == FunctionPhase.DETACHING)
    return implies(all_of(c.cached, s.iommu.on), any_of(blocks(s, c), all_of(using, is_own_context(s, d, c))))


@state
def no_cached_context_outlives_its_flush(s: MachineState, d: Rid, q: Ticket) -> bool:
    """After the invalidation that followed the abort, a cached context blocks too."""
    c = s.context_cache[d]
    return implies(all_of(c.cached, s.iommu.on, detached(s, d, q)), blocks(s, c))


@state
def nothing_is_cached_before_the_iommu_is_on(s: MachineState, d: Rid) -> bool:
    """ASM-BOOT: until the IOMMU is on no context is cached as anything and nothing is attached."""
    return implies(
        negate(s.iommu.on),
        all_of(
            s.function[d].phase == FunctionPhase.IDLE,
            s.function[d].owner == NOBODY,
            s.context[d].mode == ContextMode.UNWRITTEN,
            negate(s.context_cache[d].cached),
        ),
    )


@state
def a_group_has_one_owner(s: MachineState, d: Rid) -> bool:
    """All owned functions of an isolation group have the group's owner."""
    f = s.function[d]
    return implies(f.owner != NOBODY, s.group[s.platform.function[d].group].owner == f.owner)


@state
def a_group_without_members_is_nobodys(s: MachineState, group: Group) -> bool:
    """An isolation group none of whose functions is owned has no owner."""
    return implies(s.count[account(AccountKind.GROUP, group)].n == 0, s.group[group].owner == NOBODY)


@state
def a_cpu_runs_in_its_vms_space(s: MachineState, cpu: Cpu) -> bool:
    """While its second stage is on, a CPU has the tag and root of the one address space of the VM whose registers it has."""
    c, who = s.cpu[cpu], holder(HolderKind.CPU, cpu)
    u = s.vcpu[c.vcpu]
    t = s.tag[c.tag]
    p, v = s.space[t.space], s.vm[u.vm]
    return all_of(
        implies(
            c.stage2,
            all_of(
                c.vcpu != 0,
                v.has_space,
                v.space == t.space,
                t.phase == TagPhase.BOUND,
                p.live,
                p.vm == u.vm,
                p.root == c.root,
                negate(p.io),
                is_counted_on(s, who, account(AccountKind.CONTEXTS, t.space)),
            ),
        ),
        implies(s.reference[who].taken, c.stage2),
    )


@state
def a_cpu_remembers_whom_it_runs(s: MachineState, cpu: Cpu) -> bool:
    """Lemma: while its second stage is on, a CPU has the virtual CPU that is noted as the last one to run under its tag."""
    c = s.cpu[cpu]
    return implies(c.stage2, s.last[cpu, c.tag].vcpu == c.vcpu)


@state
def a_cpu_and_its_virtual_cpu_name_each_other(s: MachineState, cpu: Cpu) -> bool:
    """A physical CPU has at most one virtual CPU loaded, and that one is loaded nowhere else."""
    c = s.cpu[cpu]
    u = s.vcpu[c.vcpu]
    return implies(c.vcpu != 0, all_of(u.exists, u.loaded, u.cpu == cpu))


@state
def a_virtual_cpu_is_its_vms(s: MachineState, vcpu: Vcpu) -> bool:
    """A virtual CPU belongs to a VM whose account counts it, and is loaded on the one CPU that has it."""
    u, who = s.vcpu[vcpu], holder(HolderKind.VCPU, vcpu)
    return all_of(
        implies(u.exists, all_of(is_counted_on(s, who, account(AccountKind.VCPUS, u.vm)), vcpu != 0)),
        implies(u.loaded, all_of(u.exists, s.cpu[u.cpu].vcpu == vcpu)),
        implies(s.reference[who].taken, u.exists),
    )


@state
def a_tlb_holds_one_virtual_cpus_entries(s: MachineState, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage) -> bool:
    """Under one tag a CPU holds translations of the virtual CPU that it ran last under it, which exists; or it knows of none."""
    c, last = s.tlb[cpu, tag, asid, va], s.last[cpu, tag].vcpu
    return implies(c.valid, any_of(last == 0, all_of(c.vcpu == last, s.vcpu[last].exists)))


@state
def a_cpu_remembers_virtual_cpus_that_exist(s: MachineState, cpu: Cpu, tag: Tag) -> bool:
    """What a CPU remembers to have run last under a tag exists: a number that is used again is another virtual CPU's."""
    last = s.last[cpu, tag].vcpu
    return implies(last != 0, s.vcpu[last].exists)
