"""The life of a VM: created, live, dying, drained, empty, gone.

Tear-down has an order. A dying VM runs no more, but its devices may still act, so its tables and its memory stay as they
are. When it owns no function and no virtual CPU is loaded, it is drained; its mappings and frames are then taken away one
step at a time, by the host. When its accounts read zero it is empty, and its name may be used again.

Read next: `pymodel.hypervisor.memory`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodel.hardware.caches import flush_local_tlb
from pymodel.hardware.cpu import load_cpu, turn_stage2_off, turn_stage2_on, unload_cpu
from pymodel.hardware.ids import HOST, NOBODY, Cpu, Tag, Vcpu, Vm, is_vm
from pymodel.hypervisor.accounts import drop, is_unused, take
from pymodel.hypervisor.ids import AccountKind, HolderKind, Space, account, holder
from pymodel.hypervisor.spaces import has_usable_tag
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import AUTHORITY, BOOKKEEPING, Map, Record, State
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import Choice, Member

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = [
    "LastRun",
    "Life",
    "VcpuRecord",
    "VmRecord",
    "VmState",
    "Vms",
    "manages",
    "require_alive",
    "require_exists",
    "require_manages",
]


class Life(Choice):
    """The life of a VM."""

    ABSENT = Member()
    CREATED = Member()
    LIVE = Member()
    DYING = Member()
    DRAINED = Member()
    EMPTY = Member()


class VmRecord(Record, whose=AUTHORITY):
    """A VM."""

    life: Life = Life.ABSENT
    space: Space = Space(0)
    """The address space of its CPUs, once there is one."""
    has_space: bool = False


class VcpuRecord(Record, whose=AUTHORITY):
    """A virtual CPU: its VM, and the physical CPU that has it loaded."""

    exists: bool = False
    vm: Vm = NOBODY
    loaded: bool = False
    cpu: Cpu = Cpu(0)


class LastRun(Record, whose=BOOKKEEPING):
    """The virtual CPU whose first-stage translations a CPU may hold under a tag; 0 if that is none that exists."""

    vcpu: Vcpu = Vcpu(0)


class VmState(State):
    """Every VM, every virtual CPU, and who ran last where."""

    vm: Map[Vm, VmRecord]
    vcpu: Map[Vcpu, VcpuRecord]
    last: Map[tuple[Cpu, Tag], LastRun]


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


class Vms:
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
        """The host takes a virtual CPU away that no CPU has loaded.

        What CPUs hold of it stays; they forget that it ran there, so that another one under its number is served none of that.
        """
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(s.vcpu[vcpu].exists, Reason.WRONG_STATE)
        require(negate(s.vcpu[vcpu].loaded), Reason.IN_USE)
        forgotten = s.last.reset(lambda _cpu, _tag, last: last.vcpu == vcpu)
        after = s.replace(vcpu=s.vcpu.set(vcpu, VcpuRecord.default()), last=forgotten)
        return drop(after, holder(HolderKind.VCPU, vcpu))

    @operation
    def switch_out(self, s: MachineState, cpu: Cpu) -> MachineState:
        """First step of a context switch: the second stage goes off, so nothing can be filled or used."""
        c = s.cpu[cpu]
        require(c.stage2, Reason.WRONG_STATE)
        return drop(turn_stage2_off(s, cpu), holder(HolderKind.CPU, cpu))

    @operation
    def unload(self, s: MachineState, cpu: Cpu) -> MachineState:
        """Second step: the first-stage registers of the virtual CPU are saved."""
        c = s.cpu[cpu]
        require(negate(c.stage2), Reason.WRONG_STATE)
        require(c.vcpu != 0, Reason.WRONG_STATE)
        u = s.vcpu[c.vcpu]
        return unload_cpu(s, cpu).put("vcpu", c.vcpu, u.replace(loaded=False))

    @operation
    def load(self, s: MachineState, cpu: Cpu, vcpu: Vcpu) -> MachineState:
        """Third step: the first-stage registers of the incoming virtual CPU, while the second stage is off."""
        c, u = s.cpu[cpu], s.vcpu[vcpu]
        require(all_of(negate(c.stage2), c.vcpu == 0), Reason.IN_USE)
        require(all_of(u.exists, vcpu != 0), Reason.WRONG_STATE)
        require(negate(u.loaded), Reason.IN_USE)
        require(s.vm[u.vm].life == Life.LIVE, Reason.WRONG_STATE)
        return load_cpu(s, cpu, vcpu).put("vcpu", vcpu, u.replace(loaded=True, cpu=cpu))

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
        require(has_usable_tag(s, v.space), Reason.WRONG_STATE)
        space = s.space[v.space]
        after = s
        if s.last[cpu, space.tag].vcpu != c.vcpu:
            after = flush_local_tlb(s, cpu, space.tag)
        after = turn_stage2_on(after, cpu, space.tag, space.root).put("last", (cpu, space.tag), LastRun(vcpu=c.vcpu))
        return take(after, account(AccountKind.CONTEXTS, v.space), holder(HolderKind.CPU, cpu))
