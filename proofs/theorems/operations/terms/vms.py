"""Terms about VMs, their virtual CPUs and the CPUs; and who may ask."""

from __future__ import annotations

from typing import Any

from proofs.theorems.operations.terms.core import CALLER, THE_HOST, Cell, Fact, Flag, Value, cell, fact, flag, is_, value
from pymodel.hardware.ids import HOST, Vm
from pymodel.hardware.ids import is_vm as named_as_a_vm
from pymodel.hypervisor.vms import Life
from pymodel.language.truth import all_of, any_of
from pymodel.machine import MachineState

# Who asks


def is_host() -> Fact:
    """The host asks."""
    return caller_is(THE_HOST)


def caller_is(who: Value) -> Fact:
    """A VM asks that is named."""
    return is_(CALLER, who)


def live_caller_is(who: Value) -> Fact:
    """A VM asks that is named, and it is live."""
    return fact(
        f"the caller is {who}, and live", lambda s, caller, w: all_of(caller == w, s.vm[caller].life == Life.LIVE), CALLER, who
    )


def builds_for(vm: Value) -> Fact:
    """The caller may build for a VM: the VM itself while it is live, or the host that prepares it before it starts."""

    def meaning(s: MachineState, caller: Vm, who: Vm) -> bool:
        life = s.vm[who].life
        own, prepared = all_of(caller == who, life == Life.LIVE), all_of(caller == HOST, life == Life.CREATED)
        return all_of(named_as_a_vm(who), any_of(own, prepared))

    return fact(f"the caller builds for {vm}", meaning, CALLER, vm)


def looks_after(vm: Value) -> Fact:
    """The caller may take a VM's things down: the live VM, or the host before it starts and once no device and CPU acts for it."""
    return fact(f"the caller looks after {vm}", is_looked_after, CALLER, vm)


def is_looked_after(s: MachineState, caller: Vm, vm: Vm) -> bool:
    """Say whether a VM's things are a caller's to take down."""
    life = s.vm[vm].life
    host = all_of(caller == HOST, any_of(life == Life.CREATED, life == Life.DRAINED))
    return any_of(all_of(caller == vm, life == Life.LIVE), host)


# VMs


def whose(name: Value) -> Value:
    """The VM that a name says its thing belongs to."""
    return value(f"the VM of {name}", lambda _s, n: n.vm, name)


def is_vm(vm: Value) -> Fact:
    """A name is that of the host or of a VM, and not nobody's or the hypervisor's."""
    return fact(f"{vm} is a name for a VM", lambda _s, v: named_as_a_vm(v), vm)


def exists(vm: Value) -> Fact:
    """A VM may be given things: it is created or live."""

    def meaning(s: MachineState, v: Vm) -> bool:
        life = s.vm[v].life
        return all_of(named_as_a_vm(v), any_of(life == Life.CREATED, life == Life.LIVE))

    return fact(f"{vm} is created or live", meaning, vm)


def life_of(vm: Value) -> Cell:
    """Where a VM is in its life."""
    return cell(f"the life of {vm}", lambda s, v: s.vm[v].life, vm)


def has_space(vm: Value) -> Flag:
    """A VM has an address space for its CPUs."""
    return flag(f"{vm} has an address space for its CPUs", lambda s, v: s.vm[v].has_space, vm)


def space_used_by(vm: Value) -> Cell:
    """The address space of a VM's CPUs."""
    return cell(f"the address space of the CPUs of {vm}", lambda s, v: s.vm[v].space, vm)


# CPUs


def vcpu_exists(vcpu: Value) -> Flag:
    """A virtual CPU exists."""
    return flag(f"{vcpu} exists", lambda s, u: s.vcpu[u].exists, vcpu)


def vm_of_vcpu(vcpu: Value) -> Cell:
    """The VM that has a virtual CPU."""
    return cell(f"the VM of {vcpu}", lambda s, u: s.vcpu[u].vm, vcpu)


def is_loaded(vcpu: Value) -> Flag:
    """Some CPU has loaded a virtual CPU."""
    return flag(f"{vcpu} is loaded", lambda s, u: s.vcpu[u].loaded, vcpu)


def loaded_on(vcpu: Value) -> Cell:
    """The CPU that has loaded a virtual CPU."""
    return cell(f"the CPU of {vcpu}", lambda s, u: s.vcpu[u].cpu, vcpu)


def vcpu_on(cpu: Value) -> Cell:
    """The virtual CPU that a CPU has loaded; 0 for none."""
    return cell(f"the virtual CPU on {cpu}", lambda s, c: s.cpu[c].vcpu, cpu)


def runs(cpu: Value) -> Flag:
    """The second stage of a CPU is on."""
    return flag(f"{cpu} translates by its second stage", lambda s, c: s.cpu[c].stage2, cpu)


def tag_on(cpu: Value) -> Cell:
    """The tag that a CPU's second stage goes by."""
    return cell(f"the tag of {cpu}", lambda s, c: s.cpu[c].tag, cpu)


def root_on(cpu: Value) -> Cell:
    """The root table that a CPU's second stage goes by."""
    return cell(f"the root of {cpu}", lambda s, c: s.cpu[c].root, cpu)


def space_entered_by(cpu: Value) -> Value:
    """The address space of the VM whose virtual CPU a CPU has loaded."""

    def meaning(s: MachineState, c: Any) -> Any:
        return s.vm[s.vcpu[s.cpu[c].vcpu].vm].space

    return value(f"the address space of the VM on {cpu}", meaning, cpu)
