"""Contracts of VMs, their virtual CPUs, and the switch from one virtual CPU to the next."""

from __future__ import annotations

from proofs.theorems.operations.contract import (
    A_QUOTA,
    ACCOUNTS,
    NOTHING_TAKEN_DOWN,
    Contract,
    Excuse,
    Lowers,
    NoCaller,
    anew,
    at,
    those,
)
from proofs.theorems.operations.stages import NOTHING, StageOf, flag, rank
from proofs.theorems.operations.terms.core import THE_HOST, arg, becomes, both, differs, either, is_, keeps, no, pair, turns
from proofs.theorems.operations.terms.devices import iommu_is_on
from proofs.theorems.operations.terms.memory import how_many, is_full, one_less, one_more, unused
from proofs.theorems.operations.terms.tables import has_usable_tag, root_of, tag_of
from proofs.theorems.operations.terms.vms import (
    caller_is,
    exists,
    has_space,
    is_host,
    is_loaded,
    is_vm,
    life_of,
    live_caller_is,
    loaded_on,
    root_on,
    runs,
    space_entered_by,
    tag_on,
    vcpu_exists,
    vcpu_on,
    vm_of_vcpu,
)
from pymodel.hardware.ids import Vcpu
from pymodel.hypervisor.ids import AccountKind
from pymodel.hypervisor.vms import Life
from pymodel.language.outcomes import Reason

VM, VCPU, CPU = arg("vm"), arg("vcpu"), arg("cpu")
#: A CPU is switched when the hypervisor's own scheduler says so.
SCHEDULED = NoCaller("the hypervisor's scheduler switches CPUs")
ENTERED = space_entered_by(CPU)
VM_ON_CPU = vm_of_vcpu(vcpu_on(CPU))

#: The stages of CPUs, virtual CPUs and VMs.
STAGES: dict[str, StageOf] = {
    "cpu": lambda s, cpu: (flag(s.cpu[cpu].vcpu != 0, s.cpu[cpu].stage2), NOTHING),
    "vcpu": lambda s, vcpu: (flag(s.vcpu[vcpu].exists), NOTHING),
    "vm": lambda s, vm: (rank(s.vm[vm].life, Life.EMPTY, Life.DRAINED, Life.DYING, Life.CREATED, Life.LIVE), NOTHING),
}

CONTRACTS = (
    Contract(
        "create_vm",
        authority=is_host(),
        entitlement=both(is_host(), is_vm(VM), differs(VM, THE_HOST), is_(life_of(VM), Life.ABSENT), iommu_is_on()),
        excuses=(),
        does=(turns(life_of(VM), (Life.ABSENT, Life.CREATED)), becomes(has_space(VM), False)),
        touches=anew("vm", VM, fields="life"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "start_vm",
        authority=is_host(),
        entitlement=both(is_host(), is_(life_of(VM), Life.CREATED)),
        excuses=(),
        does=(turns(life_of(VM), (Life.CREATED, Life.LIVE)),),
        touches=at("vm", VM, fields="life"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "kill_vm",
        authority=either(is_host(), caller_is(VM)),
        entitlement=both(exists(VM), differs(VM, THE_HOST), either(is_host(), live_caller_is(VM))),
        excuses=(),
        does=(turns(life_of(VM), (Life.CREATED, Life.DYING), (Life.LIVE, Life.DYING)),),
        touches=at("vm", VM, fields="life"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "drain_vm",
        authority=is_host(),
        entitlement=both(is_host(), is_(life_of(VM), Life.DYING), unused(AccountKind.FUNCTIONS, VM), unused(AccountKind.VCPUS, VM)),
        excuses=(),
        does=(turns(life_of(VM), (Life.DYING, Life.DRAINED)),),
        touches=at("vm", VM, fields="life"),
        stage=Lowers("vm", VM),
    ),
    Contract(
        "empty_vm",
        authority=is_host(),
        entitlement=both(
            is_host(),
            is_(life_of(VM), Life.DRAINED),
            unused(AccountKind.FRAMES, VM),
            unused(AccountKind.SPACES, VM),
            unused(AccountKind.GRANTS, VM),
        ),
        excuses=(),
        does=(turns(life_of(VM), (Life.DRAINED, Life.EMPTY)),),
        touches=at("vm", VM, fields="life"),
        stage=Lowers("vm", VM),
    ),
    Contract(
        "reap_vm",
        authority=is_host(),
        entitlement=both(is_host(), is_(life_of(VM), Life.EMPTY)),
        excuses=(),
        does=(turns(life_of(VM), (Life.EMPTY, Life.ABSENT)), becomes(has_space(VM), False)),
        touches=anew("vm", VM),
        stage=Lowers("vm", VM),
    ),
    Contract(
        "create_vcpu",
        authority=is_host(),
        entitlement=both(is_host(), exists(VM), differs(VCPU, 0), no(vcpu_exists(VCPU))),
        excuses=(A_QUOTA(how_many(AccountKind.VCPUS, VM)),),
        does=(
            becomes(vcpu_exists(VCPU), True),
            becomes(vm_of_vcpu(VCPU), VM),
            becomes(is_loaded(VCPU), False),
            one_more(AccountKind.VCPUS, VM),
        ),
        touches=(*anew("vcpu", VCPU, fields="exists vm"), *ACCOUNTS),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "destroy_vcpu",
        authority=is_host(),
        entitlement=both(is_host(), vcpu_exists(VCPU), no(is_loaded(VCPU))),
        excuses=(),
        does=(becomes(vcpu_exists(VCPU), False), one_less(AccountKind.VCPUS, vm_of_vcpu(VCPU))),
        touches=(*anew("vcpu", VCPU), *those("last", "vcpu", VCPU), *ACCOUNTS),
        stage=Lowers("vcpu", VCPU),
    ),
    Contract(
        "switch_out",
        authority=SCHEDULED,
        entitlement=runs(CPU),
        excuses=(),
        does=(becomes(runs(CPU), False), keeps(vcpu_on(CPU))),
        touches=(*at("cpu", CPU, fields="stage2"), *ACCOUNTS),
        stage=Lowers("cpu", CPU),
    ),
    Contract(
        "unload",
        authority=SCHEDULED,
        entitlement=both(no(runs(CPU)), differs(vcpu_on(CPU), 0)),
        excuses=(),
        does=(becomes(vcpu_on(CPU), Vcpu(0)), becomes(is_loaded(vcpu_on(CPU)), False)),
        touches=(*anew("cpu", CPU), *at("vcpu", vcpu_on(CPU), fields="loaded")),
        stage=Lowers("cpu", CPU),
    ),
    Contract(
        "load",
        authority=SCHEDULED,
        entitlement=both(is_(vcpu_on(CPU), 0), vcpu_exists(VCPU), no(is_loaded(VCPU)), is_(life_of(vm_of_vcpu(VCPU)), Life.LIVE)),
        excuses=(),
        does=(
            becomes(vcpu_on(CPU), VCPU),
            becomes(runs(CPU), False),
            becomes(is_loaded(VCPU), True),
            becomes(loaded_on(VCPU), CPU),
        ),
        touches=(*anew("cpu", CPU, fields="vcpu"), *at("vcpu", VCPU, fields="loaded cpu")),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "switch_in",
        authority=SCHEDULED,
        entitlement=both(
            no(runs(CPU)),
            differs(vcpu_on(CPU), 0),
            is_(life_of(VM_ON_CPU), Life.LIVE),
            has_space(VM_ON_CPU),
            has_usable_tag(ENTERED),
        ),
        excuses=(Excuse(Reason.EXHAUSTED, is_full(AccountKind.CONTEXTS, ENTERED), (how_many(AccountKind.CONTEXTS, ENTERED),)),),
        does=(
            becomes(runs(CPU), True),
            keeps(vcpu_on(CPU)),
            becomes(tag_on(CPU), tag_of(ENTERED)),
            becomes(root_on(CPU), root_of(ENTERED)),
        ),
        touches=(
            *at("cpu", CPU, fields="stage2 tag root"),
            *at("last", pair(CPU, tag_of(ENTERED))),
            *anew("tlb", pair(CPU, tag_of(ENTERED))),
            *ACCOUNTS,
        ),
        stage=NOTHING_TAKEN_DOWN,
    ),
)
