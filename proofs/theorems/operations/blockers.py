"""Blockers: whatever may not be given up yet has a holder that exists, and that is taken down before it.

Together with `refusals`, where each thing without a holder is given up, and with the measure that each giving up lowers, this is
why a VM that is dead comes to own nothing: something can always be taken, until nothing is left.
"""

from __future__ import annotations

from collections.abc import Callable

from proofs.statements import Area, consequence
from proofs.theorems.invariants.accounts import NUMBERS
from proofs.theorems.invariants.memory import is_mapped_by
from pymodel.hardware.ids import NOBODY, Cpu, Frame, Group, Index, Rid, Vcpu, is_vm
from pymodel.hypervisor.devices import FunctionPhase
from pymodel.hypervisor.ids import (
    Account,
    AccountKind,
    Count,
    Grant,
    Handle,
    HolderKind,
    Job,
    Pin,
    Space,
    account,
    holder,
    kind_of,
    number_of,
)
from pymodel.hypervisor.jobs.ranges import JobPhase
from pymodel.hypervisor.jobs.windows import SearchPhase
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.vms import Life
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.machine import MachineState

AREA = Area("blockers", promise=False)

#: What may hold a thing of each kind. The order is that of taking down, last first: a VM's things are in front, and whatever
#: holds one of them (a leaf, a pin or a grant a frame, a handle a grant, a function or a CPU an address space) has no account
#: of its own, or one further down; a table's are the tables below it.
HOLDERS: dict[AccountKind, tuple[HolderKind, ...]] = {
    AccountKind.FUNCTIONS: (HolderKind.FUNCTION,),
    AccountKind.VCPUS: (HolderKind.VCPU,),
    AccountKind.FRAMES: (HolderKind.FRAME,),
    AccountKind.SPACES: (HolderKind.SPACE,),
    AccountKind.GRANTS: (HolderKind.RECEIVED,),
    AccountKind.GROUP: (HolderKind.MEMBER,),
    AccountKind.TABLES: (HolderKind.TABLE,),
    AccountKind.CONTEXTS: (HolderKind.CONTEXT, HolderKind.CPU),
    AccountKind.JOBS: (HolderKind.JOB, HolderKind.SEARCH),
    AccountKind.MAPPINGS: (HolderKind.PIN, HolderKind.GRANT, HolderKind.LEAF),
    AccountKind.HANDLES: (HolderKind.HANDLE,),
}


def is_there(s: MachineState, kind: HolderKind, n: Frame, index: Index, of: Frame) -> bool:
    """Say whether the holder of a kind with that number exists, and so is one that may be taken down; it holds thing `of`."""
    f = s.function[n.to(Rid)]
    using = any_of(f.phase == FunctionPhase.ATTACHED, f.phase == FunctionPhase.DETACHING)
    there: dict[HolderKind, Callable[[], bool]] = {
        HolderKind.LEAF: lambda: all_of(s.frame[n].kind == FrameKind.TABLE, is_mapped_by(s.memory[n, index])),
        HolderKind.FRAME: lambda: is_vm(s.frame[n].owner),
        HolderKind.TABLE: lambda: all_of(s.frame[n].kind == FrameKind.TABLE, n != s.space[of.to(Space)].root),
        HolderKind.PIN: lambda: s.pin[n.to(Pin)].live,
        HolderKind.GRANT: lambda: s.grant[n.to(Grant)].active,
        HolderKind.RECEIVED: lambda: s.grant[n.to(Grant)].active,
        HolderKind.HANDLE: lambda: s.handle[n.to(Handle)].live,
        HolderKind.JOB: lambda: s.job[n.to(Job)].phase != JobPhase.NONE,
        HolderKind.SEARCH: lambda: s.search[n.to(Job)].phase != SearchPhase.NONE,
        HolderKind.FUNCTION: lambda: f.owner != NOBODY,
        HolderKind.MEMBER: lambda: f.owner != NOBODY,
        HolderKind.CONTEXT: lambda: using,
        HolderKind.CPU: lambda: s.cpu[n.to(Cpu)].stage2,
        HolderKind.SPACE: lambda: s.space[n.to(Space)].live,
        HolderKind.VCPU: lambda: s.vcpu[n.to(Vcpu)].exists,
    }
    return there[kind]()


#: The type of the number of each kind of holder.
TYPES = {kind: number for number, kinds in NUMBERS.items() for kind in kinds} | {HolderKind.LEAF: Frame}


@consequence
def whatever_blocks_exists(s: MachineState, thing: Account, n: Count) -> bool:
    """Whatever has a holder has one that exists, of a kind that may hold it: so there is something left to take down."""
    who = s.reference_list[thing, n].holder
    kind, number, index = thing.bits(Account.width - 1, Account.width - 4, AccountKind), number_of(who), who.to(Index)
    thing_number, held = thing.bits(Frame.width - 1, 0, Frame), []
    for of, k in ((of, k) for of, kinds in HOLDERS.items() for k in kinds):
        if (kind == of) is False or (kind_of(who) == k) is False:  # of numbers, not of terms
            continue
        named = holder(k, number.to(TYPES[k]), index if k == HolderKind.LEAF else None)
        exists = all_of(s.reference[named].taken, who == named, is_there(s, k, number, index, thing_number))
        held.append(all_of(kind == of, kind_of(who) == k, exists))
    return implies(n < s.count[thing].n, any_of(*held))


@consequence
def a_groups_owner_owns_a_member_and_exists(s: MachineState, group: Group) -> bool:
    """The owner of an isolation group, while it has one, owns the first function on the group's account, and exists."""
    owner, thing = s.group[group].owner, account(AccountKind.GROUP, group)
    first, life = s.reference_list[thing, Count(0)].holder, s.vm[owner].life
    member = number_of(first).to(Rid)
    kinds = (all_of(kind_of(first) == k, is_there(s, k, number_of(first), first.to(Index), group.to(Frame))) for k in TYPES)
    owned = all_of(any_of(*kinds), first == holder(HolderKind.MEMBER, member), s.function[member].owner == owner)
    return implies(owner != NOBODY, all_of(owned, negate(any_of(life == Life.ABSENT, life == Life.EMPTY))))
