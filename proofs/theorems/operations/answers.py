"""Answers: what an operation says to whoever asks, yes or a reason, depends on what is the caller's to see and on nothing else.

The caller sees what is its own (or a VM's that it looks after), and what everybody may see. The host sees besides how the machine
is dealt out - who exists, who owns what, which function is attached where - and not what a VM maps. What is in a VM's memory no
operation looks at: of content, tables are seen, by whom they are for. That a quota is used up is told to whoever runs into it: it
is a fact about an account that the operation counts.
"""

from __future__ import annotations

from typing import Any

from proofs.statements import Area, answer
from proofs.theorems.operations.authority import AUTHORITY, hypervisors, owner_of_table
from proofs.theorems.operations.contracts import contract_of, is_policys_own
from proofs.theorems.operations.terms.vms import is_looked_after
from pymodel.hardware.ids import HOST, HYPERVISOR, NOBODY, Frame, Group, Vm
from pymodel.hypervisor.ids import Account, AccountKind, Grant, HolderKind, Space, kind_of, number_of
from pymodel.hypervisor.memory import FrameKind
from pymodel.language.outcomes import Reason
from pymodel.language.truth import any_of
from pymodel.language.words import choose
from pymodel.machine import MachineState

AREA = Area("answers", promise=True)

#: What everybody sees: which VMs exist, what frames are for (as little a secret as their numbers), tickets and their completion,
#: whether the IOMMU is on, and how many VFs a physical function is set up for. A name says whose the thing is, so nobody feels
#: another's.
PUBLIC: dict[str, tuple[str, ...]] = {
    "vm": ("life",),
    "frame": ("kind",),
    "sriov": ("num_vfs", "ari", "offset", "stride"),
    "queue": ("next",),
    "invalidation": ("scope", "tag", "page", "mask", "rid", "done"),
    "iommu": ("on",),
}
#: How the machine is dealt out, which is the host's to see.
THE_HOSTS = ("vm", "vcpu", "frame", "function", "group", "context", "pcie", "sriov", "pf", "vf", "space", "tag", "count")


def whose_account(s: MachineState, account: Account) -> Vm:
    """Return the VM of the thing that an account counts."""
    kind = account.bits(Account.width - 1, Account.width - AccountKind.width, AccountKind)
    number = account.bits(Frame.width - 1, 0, Frame)
    found = number.to(Vm)
    owners = {
        AccountKind.MAPPINGS: s.frame[number].owner,
        AccountKind.HANDLES: number.to(Grant).vm,
        AccountKind.GROUP: s.group[number.to(Group)].owner,
        **dict.fromkeys((AccountKind.CONTEXTS, AccountKind.TABLES, AccountKind.JOBS), number.to(Space).vm),
    }
    for counted, owner in owners.items():
        found = choose(kind == counted, owner, found)
    return found


def is_counted(s: MachineState, name: str, args: dict[str, Any], account: Account) -> bool:
    """Say whether the contract of an operation names an account as one of which a quota may be used up."""
    contract = contract_of(name)
    excuses = contract.excuses if contract is not None else ()
    counted = [counter.key(s, args) for excuse in excuses for counter in excuse.counters]
    return any_of(*(account == one for one in counted if isinstance(one, Account)))


def whom(s: MachineState, part: str, key: tuple[Any, ...]) -> Vm:
    """Return the VM that a record names, in use or not: a block names its owner, an account the VM of what it counts.

    What a VM keeps in its memory is no operation's to look at, also not for the VM itself: of content only tables are seen.
    """
    if part == "count":
        return whose_account(s, *key)
    if part == "reference":  # what a leaf refers to, its table tells
        return choose(kind_of(key[0]) == HolderKind.LEAF, owner_of_table(s, number_of(key[0])), HYPERVISOR)
    if part == "memory":
        return choose(s.frame[key[0]].kind == FrameKind.TABLE, owner_of_table(s, key[0]), NOBODY)
    return s.block[key].owner if part == "block" else AUTHORITY[part].named(s, *key)


def is_seen(s: MachineState, caller: Vm, part: str, key: tuple[Any, ...]) -> bool:
    """Say whether a caller sees the record at a key of a part of the state: it is its own, or the host's to see, or shown to it."""
    seen = [is_looked_after(s, caller, whom(s, part, key))]
    if part in THE_HOSTS:
        seen.append(caller == HOST)
    if part == "grant":
        seen.append(is_looked_after(s, caller, s.grant[key[0]].receiver))
    return any_of(*seen)


#: What an operation with a contract writes there is not looked at: halves of mirrored pages are found by what slots name, and the
#: prover does not get to see that in time. Footprints say at which keys and in which fields.
NOT_LOOKED_AT = ("mirror_link",)


def is_told(name: str, part: str, wider: bool = False) -> bool:
    """Say whether what a step writes is told: in a policy's own parts, a VM's things, and what everybody sees, somebody sees it.

    Where a policy says that an operation changes more than its contract names (`wider`), that is looked at as well.
    """
    if part not in MachineState.shapes():
        return True
    looked_at = wider or is_policys_own(name) or part not in NOT_LOOKED_AT
    return looked_at and part in AUTHORITY and (part in PUBLIC or AUTHORITY[part].named is not hypervisors)


@answer(told=is_told)
def an_answer_tells_only_what_the_caller_sees(  # noqa: PLR0913, PLR0917 - a cell, and who reads it for what
    s: MachineState, name: str, args: dict[str, Any], reason: Any, part: str, field: str, key: tuple[Any, ...]
) -> bool:
    """Two states that the caller cannot tell apart lead to the same answer, and the step writes the same where somebody sees it.

    What nobody asks for, the hypervisor does: it sees what the host sees, and what is its own.
    """
    if part not in AUTHORITY or field in PUBLIC.get(part, ()):
        return True
    if part == "count" and reason is not None and reason == Reason.EXHAUSTED:
        return is_counted(s, name, args, *key)
    if "caller" not in args and AUTHORITY[part].named is hypervisors:
        return True
    return is_seen(s, args.get("caller", HOST), part, key)
