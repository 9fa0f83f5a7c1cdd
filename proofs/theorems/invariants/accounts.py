"""Accounts: a count is exactly the number of holders, so zero means that there is none."""

from __future__ import annotations

from proofs.statements import Area, state
from pymodel.hardware.ids import Frame, Index, Rid, Vm, is_vm
from pymodel.hypervisor.ids import Account, AccountKind, Count, Holder, HolderKind, Name, account, holder, kind_of, number_of
from pymodel.hypervisor.vms import Life
from pymodel.language.truth import all_of, any_of, implies
from pymodel.language.words import Word
from pymodel.machine import MachineState

AREA = Area("accounts", promise=False)


@state
def a_reference_is_in_its_list(s: MachineState, who: Holder) -> bool:
    """A holder's reference has a number below the count of its account, and the account's list names the holder there."""
    reference = s.reference[who]
    return implies(
        reference.taken,
        all_of(reference.index < s.count[reference.account].n, s.reference_list[reference.account, reference.index].holder == who),
    )


@state
def every_number_below_the_count_is_held(s: MachineState, thing: Account, n: Count) -> bool:
    """Each number below the count of an account is that of a reference, whose holder the account's list names."""
    reference = s.reference[s.reference_list[thing, n].holder]
    return implies(n < s.count[thing].n, all_of(reference.taken, reference.account == thing, reference.index == n))


#: Things that hold something, by the type of their number; a leaf's holder has a slot's index too.
NUMBERS: dict[type[Word], tuple[HolderKind, ...]] = {
    Frame: (HolderKind.FRAME, HolderKind.TABLE),
    Name: (
        HolderKind.PIN,
        HolderKind.GRANT,
        HolderKind.RECEIVED,
        HolderKind.HANDLE,
        HolderKind.JOB,
        HolderKind.SEARCH,
        HolderKind.SPACE,
    ),
    Rid: (
        HolderKind.FUNCTION,
        HolderKind.MEMBER,
        HolderKind.CONTEXT,
        HolderKind.CPU,
        HolderKind.VCPU,
    ),
}


@state
def every_holder_is_a_thing(s: MachineState, who: Holder) -> bool:
    """Whoever holds a reference is a leaf, or a thing of another kind with a number that such a thing can have."""
    number, kind = number_of(who), kind_of(who)
    possible = ((t, k) for t, kinds in NUMBERS.items() for k in kinds if (kind == k) is not False)  # a number's is one at most
    other = (all_of(who == holder(k, number.to(t)), kind == k) for t, k in possible)
    return implies(s.reference[who].taken, any_of(kind == HolderKind.LEAF, *other))


def names_nobody(s: MachineState, vm: Vm) -> bool:
    """Say whether the accounts of a VM are all empty."""
    kinds = (AccountKind.FRAMES, AccountKind.FUNCTIONS, AccountKind.SPACES, AccountKind.VCPUS, AccountKind.GRANTS)
    return all_of(*(s.count[account(k, vm)].n == 0 for k in kinds))


@state
def nothing_names_an_absent_vm(s: MachineState, vm: Vm) -> bool:
    """An absent or empty VM owns no frame, function, address space, virtual CPU or grant."""
    life = s.vm[vm].life
    return implies(any_of(life == Life.ABSENT, life == Life.EMPTY), names_nobody(s, vm))


@state
def a_drained_vm_has_no_device_and_no_cpu(s: MachineState, vm: Vm) -> bool:
    """Tear-down has an order: a drained VM has no function and no virtual CPU."""
    life = s.vm[vm].life
    count = s.count
    return implies(
        any_of(life == Life.DRAINED, life == Life.EMPTY),
        all_of(count[account(AccountKind.FUNCTIONS, vm)].n == 0, count[account(AccountKind.VCPUS, vm)].n == 0),
    )


def is_counted_on(s: MachineState, who: Holder, thing: Account) -> bool:
    """Say whether a holder's reference counts on an account."""
    reference = s.reference[who]
    return all_of(reference.taken, reference.account == thing)


@state
def only_vms_are_alive(s: MachineState, vm: Vm) -> bool:
    """Neither nobody nor the hypervisor has the life of a VM; the host is never torn down."""
    life = s.vm[vm].life
    return all_of(
        implies(life != Life.ABSENT, is_vm(vm)),
        implies(vm == 2, any_of(life == Life.ABSENT, life == Life.LIVE)),
        implies(life != Life.ABSENT, s.iommu.on),
    )


@state
def owned_frames_are_counted(s: MachineState, p: Frame) -> bool:
    """A VM's account of frames counts exactly the frames that it owns."""
    owner, who = s.frame[p].owner, holder(HolderKind.FRAME, p)
    return all_of(
        implies(is_vm(owner), is_counted_on(s, who, account(AccountKind.FRAMES, owner))),
        implies(s.reference[who].taken, is_vm(owner)),
    )


@state
def owned_functions_are_counted(s: MachineState, d: Rid) -> bool:
    """A VM's account of functions, and the group's of owned ones, count exactly the functions that it owns."""
    f = s.function[d]
    who, member = holder(HolderKind.FUNCTION, d), holder(HolderKind.MEMBER, d)
    return all_of(
        implies(
            f.owner != 0,
            all_of(
                is_vm(f.owner),
                is_counted_on(s, who, account(AccountKind.FUNCTIONS, f.owner)),
                is_counted_on(s, member, account(AccountKind.GROUP, s.platform.function[d].group)),
            ),
        ),
        implies(s.reference[who].taken, f.owner != 0),
        implies(s.reference[member].taken, f.owner != 0),
    )


def leaf(table: Frame, index: Index) -> Holder:
    """Return the holder that stands for a leaf."""
    return holder(HolderKind.LEAF, table, index)
