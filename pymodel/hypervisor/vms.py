"""Chapter 12: the life of a VM: created, live, dying, drained, empty, gone.

Tear-down has an order. A dying VM runs no more, but its devices may still act, so its tables and its memory stay as they
are. When it owns no function and no virtual CPU is loaded, it is drained; its mappings and frames are then taken away one
step at a time, by the host. When its accounts read zero it is empty, and its name may be used again.

Read next: `pymodel.hypervisor.memory`.
"""

from __future__ import annotations

from pymodel.hardware.ids import HOST, AccountKind, Cpu, HolderKind, Vcpu, Vm, account, holder, is_vm
from pymodel.hardware.machine import CpuRecord, LastRun, Life, MachineState, TagPhase, VcpuRecord, VmRecord
from pymodel.hypervisor.accounts import drop, is_unused, take
from pymodel.hypervisor.decisions import Decisions
from pymodel.language.outcomes import Reason, require
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of, negate

__all__ = ["Vms", "manages", "require_alive", "require_exists"]


def manages(s: MachineState, caller: Vm, vm: Vm) -> bool:
    """Say whether a caller may manage what a VM owns: the VM while it lives, the host before that and once it is drained."""
    life = s.vm[vm].life
    return any_of(
        all_of(caller == vm, life == Life.LIVE),
        all_of(caller == HOST, any_of(life == Life.CREATED, life == Life.DRAINED)),
    )


def require_exists(s: MachineState, vm: Vm) -> None:
    """Refuse unless a VM by that name exists and may be given things."""
    require(is_vm(vm), Reason.NOT_ALLOWED)
    require(any_of(s.vm[vm].life == Life.CREATED, s.vm[vm].life == Life.LIVE), Reason.WRONG_STATE)


def require_alive(s: MachineState, caller: Vm, vm: Vm) -> None:
    """Refuse unless the caller manages the VM, and the VM may take on something new."""
    require(is_vm(vm), Reason.NOT_ALLOWED)
    require(manages(s, caller, vm), Reason.NOT_ALLOWED)
    require(any_of(s.vm[vm].life == Life.CREATED, s.vm[vm].life == Life.LIVE), Reason.WRONG_STATE)


def require_manages(s: MachineState, caller: Vm, vm: Vm) -> None:
    """Refuse unless the caller manages the VM, alive or not."""
    require(is_vm(vm), Reason.NOT_ALLOWED)
    require(manages(s, caller, vm), Reason.NOT_ALLOWED)


class Vms(Decisions):
    """Operations on VMs and their virtual CPUs."""

    @operation
    def create_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        """The host creates a VM under a name that is not in use."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(all_of(is_vm(vm), vm != HOST), Reason.NOT_ALLOWED)
        require(s.vm[vm].life == Life.ABSENT, Reason.OCCUPIED)
        require(s.iommu.on, Reason.WRONG_STATE)
        return s.put("vm", vm, VmRecord(life=Life.CREATED))

    @operation
    def start_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        """The host starts a VM; from now on the VM manages its own memory."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        v = s.vm[vm]
        require(v.life == Life.CREATED, Reason.WRONG_STATE)
        return s.put("vm", vm, v.replace(life=Life.LIVE))

    @operation
    def kill_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        """The host ends a VM, or a VM ends itself: it takes on nothing new."""
        require(any_of(caller == HOST, all_of(caller == vm, s.vm[vm].life == Life.LIVE)), Reason.NOT_ALLOWED)
        require(vm != HOST, Reason.NOT_ALLOWED)
        v = s.vm[vm]
        require(any_of(v.life == Life.LIVE, v.life == Life.CREATED), Reason.WRONG_STATE)
        return s.put("vm", vm, v.replace(life=Life.DYING))

    @operation
    def drain_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        """The host finds that a dying VM owns no function and no virtual CPU any more."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        v = s.vm[vm]
        require(v.life == Life.DYING, Reason.WRONG_STATE)
        require(is_unused(s, account(AccountKind.FUNCTIONS, vm)), Reason.IN_USE)
        require(is_unused(s, account(AccountKind.VCPUS, vm)), Reason.IN_USE)
        return s.put("vm", vm, v.replace(life=Life.DRAINED))

    @operation
    def empty_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        """The host finds that a drained VM owns nothing any more."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        v = s.vm[vm]
        require(v.life == Life.DRAINED, Reason.WRONG_STATE)
        require(is_unused(s, account(AccountKind.FRAMES, vm)), Reason.IN_USE)
        require(is_unused(s, account(AccountKind.SPACES, vm)), Reason.IN_USE)
        require(is_unused(s, account(AccountKind.GRANTS, vm)), Reason.IN_USE)
        return s.put("vm", vm, v.replace(life=Life.EMPTY))

    @operation
    def reap_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        """The host forgets an empty VM; its name may be used again."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(s.vm[vm].life == Life.EMPTY, Reason.WRONG_STATE)
        return s.put("vm", vm, VmRecord.default())

    @operation
    def create_vcpu(self, s: MachineState, caller: Vm, vm: Vm, vcpu: Vcpu) -> MachineState:
        """The host gives a VM a virtual CPU."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require_exists(s, vm)
        require(vcpu != 0, Reason.OUT_OF_RANGE)
        require(negate(s.vcpu[vcpu].exists), Reason.OCCUPIED)
        after = s.put("vcpu", vcpu, VcpuRecord(exists=True, vm=vm))
        return take(after, account(AccountKind.VCPUS, vm), holder(HolderKind.VCPU, vcpu))

    @operation
    def destroy_vcpu(self, s: MachineState, caller: Vm, vcpu: Vcpu) -> MachineState:
        """The host takes a virtual CPU away that no CPU has loaded."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(s.vcpu[vcpu].exists, Reason.WRONG_STATE)
        require(negate(s.vcpu[vcpu].loaded), Reason.IN_USE)
        after = s.put("vcpu", vcpu, VcpuRecord.default())
        return drop(after, holder(HolderKind.VCPU, vcpu))

    @operation
    def switch_out(self, s: MachineState, cpu: Cpu) -> MachineState:
        """First step of a context switch: the second stage goes off, so nothing can be filled or used."""
        c = s.cpu[cpu]
        require(c.stage2, Reason.WRONG_STATE)
        return drop(s.put("cpu", cpu, c.replace(stage2=False)), holder(HolderKind.CPU, cpu))

    @operation
    def unload(self, s: MachineState, cpu: Cpu) -> MachineState:
        """Second step: the first-stage registers of the virtual CPU are saved."""
        c = s.cpu[cpu]
        require(negate(c.stage2), Reason.WRONG_STATE)
        require(c.vcpu != 0, Reason.WRONG_STATE)
        u = s.vcpu[c.vcpu]
        return s.replace(
            cpu=s.cpu.set(cpu, CpuRecord.default()),
            vcpu=s.vcpu.set(c.vcpu, u.replace(loaded=False)),
        )

    @operation
    def load(self, s: MachineState, cpu: Cpu, vcpu: Vcpu) -> MachineState:
        """Third step: the first-stage registers of the incoming virtual CPU, while the second stage is off."""
        c, u = s.cpu[cpu], s.vcpu[vcpu]
        require(all_of(negate(c.stage2), c.vcpu == 0), Reason.IN_USE)
        require(all_of(u.exists, vcpu != 0), Reason.WRONG_STATE)
        require(negate(u.loaded), Reason.IN_USE)
        require(s.vm[u.vm].life == Life.LIVE, Reason.WRONG_STATE)
        return s.replace(
            cpu=s.cpu.set(cpu, CpuRecord(vcpu=vcpu)),
            vcpu=s.vcpu.set(vcpu, u.replace(loaded=True, cpu=cpu)),
        )

    @operation
    def switch_in(self, s: MachineState, cpu: Cpu) -> MachineState:
        """Last step: the second stage goes on with the tag and root of the VM's address space.

        What this CPU may hold for another virtual CPU of the same VM is dropped first: the two may use one ASID differently.
        """
        c = s.cpu[cpu]
        require(all_of(negate(c.stage2), c.vcpu != 0), Reason.WRONG_STATE)
        u = s.vcpu[c.vcpu]
        v = s.vm[u.vm]
        require(v.life == Life.LIVE, Reason.WRONG_STATE)
        require(v.has_space, Reason.WRONG_STATE)
        space = s.space[v.space]
        require(all_of(space.live, space.tagged, s.tag[space.tag].phase == TagPhase.BOUND), Reason.WRONG_STATE)
        tlb = s.tlb
        if s.last[cpu, space.tag].vcpu != c.vcpu:
            tlb = tlb.reset(lambda on, tag, _asid, _va, _e: all_of(on == cpu, tag == space.tag))
        after = s.replace(
            cpu=s.cpu.set(cpu, c.replace(stage2=True, tag=space.tag, root=space.root)),
            last=s.last.set((cpu, space.tag), LastRun(vcpu=c.vcpu)),
            tlb=tlb,
        )
        return take(after, account(AccountKind.CONTEXTS, v.space), holder(HolderKind.CPU, cpu))
