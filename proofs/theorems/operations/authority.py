"""Authority: whose each record is, and who may change it, whatever the step is called.

An operation that somebody asks for changes what is the caller's (or a VM's that the caller manages) and what is nobody's; one that
nobody asks for acts for the hypervisor, and changes what is the hypervisor's or nobody's. The table below says of each part of the
state whose a record is, and what the host or the hypervisor may do to a VM's beyond that. It holds of operations with a contract
and of those that a policy adds, which have none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proofs.theorems.operations.keyed import at_key
from proofs.theorems.operations.terms.vms import is_looked_after
from pymodel.hardware.ids import HOST, HYPERVISOR, NOBODY, Frame, Vm, is_vm
from pymodel.hardware.iommu import ContextMode
from pymodel.hypervisor.devices import FunctionPhase
from pymodel.hypervisor.jobs.ranges import JobPhase
from pymodel.hypervisor.jobs.windows import SearchPhase
from pymodel.hypervisor.memory import BlockPhase, FrameKind
from pymodel.hypervisor.spaces import TagPhase
from pymodel.hypervisor.tables import TablePhase
from pymodel.hypervisor.vms import Life
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.language.words import choose
from pymodel.machine import MachineState

__all__ = ["AUTHORITY", "Rule", "is_rightful"]

#: Whether a record may become another: as it was, as it is then.
Change = Callable[[Any, Any], bool]


def never(_old: Any, _new: Any) -> bool:
    """Let nothing be changed beyond what is one's own."""
    return False


def freely(_old: Any, _new: Any) -> bool:
    """Let everything be changed: what may stand there, other statements say."""
    return True


@dataclass(frozen=True)
class Rule:
    """Whose the records of a part are, and what else may be changed: by the host, by the hypervisor, and by anybody."""

    whose: Callable[..., Vm]
    """A VM, or the hypervisor, or nobody: of a state and a key."""
    host: Change = never
    hypervisor: Change = never
    anybody: Change = never
    is_given: bool = False
    """Whether one may give it away: then it need not be one's own afterwards; to whom it goes, AUT-2 says."""
    is_free: bool = True
    """Whether what is nobody's is for anybody to take; otherwise it is the hypervisor's and the host's to change."""
    must: Callable[..., bool] | None = None
    """What must hold besides, whoever changes it: of the state before and after, the caller (or none), and the key."""


def owned(vm: Vm, while_: bool) -> Vm:
    """Return a VM where something is in use, and nobody where it is not."""
    return choose(while_, vm, NOBODY)


def hypervisors(_s: MachineState, *_key: Any) -> Vm:
    """Return the hypervisor, for what is its alone."""
    return HYPERVISOR


def owner_of_function(s: MachineState, rid: Any, *_: Any) -> Vm:
    """Return the owner of a function."""
    return s.function[rid].owner


def owner_of_table(s: MachineState, table: Frame, *_: Any) -> Vm:
    """Return the VM of the address space that a table belongs to."""
    return s.space[s.table[table].space].vm


def owner_of_memory(s: MachineState, frame: Frame, *_: Any) -> Vm:
    """Return whose the content of a frame is: of a table the VM's whose address space it is, of others the owner's."""
    return choose(s.frame[frame].kind == FrameKind.TABLE, owner_of_table(s, frame), s.frame[frame].owner)


def owner_of_job(s: MachineState, job: Any, *_: Any) -> Vm:
    """Return the VM for which a job is under way."""
    return owned(s.job[job].vm, s.job[job].phase != JobPhase.NONE)


def owner_of_search(s: MachineState, job: Any, *_: Any) -> Vm:
    """Return the VM for which a search is under way."""
    return owned(s.search[job].vm, s.search[job].phase != SearchPhase.NONE)


def owner_of_block(s: MachineState, level: Any, base: Frame) -> Vm:
    """Return the owner of a block's first frame."""
    return owned(s.frame[base].owner, s.block[level, base].phase != BlockPhase.NONE)


def changes_hands_at_an_end(old: Any, new: Any) -> bool:
    """A function is given to somebody when it is nobody's, or let go; it does not go from one VM to another."""
    return any_of(old.owner == new.owner, old.owner == NOBODY, new.owner == NOBODY)


def only_its_owner_lets_it_master(s: MachineState, after: MachineState, caller: Vm | None, rid: Any) -> bool:
    """Bus mastering is turned on by the function's owner alone."""
    on = all_of(negate(s.pcie[rid].master), after.pcie[rid].master)
    return negate(on) if caller is None else implies(on, all_of(is_vm(caller), caller == s.function[rid].owner))


def keeps_its_space_while_attached(_s: MachineState, after: MachineState, _caller: Vm | None, rid: Any) -> bool:
    """The context of a function that stays attached is not taken from it."""
    return implies(after.function[rid].phase == FunctionPhase.ATTACHED, after.context[rid].mode == ContextMode.STAGE2)


def begins_or_ends(old: Any, new: Any) -> bool:
    """A virtual CPU comes to be, or ceases to be."""
    return negate(old.exists == new.exists)


def is_placed(old: Any, new: Any) -> bool:
    """A virtual CPU is put on a CPU, or taken off it, and stays whose it is."""
    return all_of(old.exists == new.exists, old.vm == new.vm)


def ends_or_begins_a_life(old: Any, new: Any) -> bool:
    """A VM's life goes on, with the address space that it has; one that comes or goes has none."""
    same = all_of(old.space == new.space, old.has_space == new.has_space)
    return any_of(same, all_of(any_of(old.life == Life.ABSENT, new.life == Life.ABSENT), negate(new.has_space)))


def is_the_hosts_start(old: Any, new: Any) -> bool:
    """Nobody was there, and now the VM is live at once: so the host comes to be."""
    return all_of(old.life == Life.ABSENT, new.life == Life.LIVE)


#: Accounts follow what they count, as their own invariants say. An invalidation that is issued takes nothing from anybody, nor does
#: a cached entry that is dropped, or a request that is waited for.
AUTHORITY: dict[str, Rule] = {
    "vm": Rule(lambda s, vm: owned(vm, s.vm[vm].life != Life.ABSENT), ends_or_begins_a_life, is_the_hosts_start),
    "vcpu": Rule(lambda s, u: owned(s.vcpu[u].vm, s.vcpu[u].exists), begins_or_ends, is_placed),
    "cpu": Rule(hypervisors),
    "last": Rule(hypervisors),
    "frame": Rule(lambda s, f: s.frame[f].owner, is_given=True, is_free=False),
    "block": Rule(owner_of_block),
    "memory": Rule(owner_of_memory, is_given=True, is_free=False),
    "pin": Rule(lambda s, pin: owned(s.frame[s.pin[pin].frame].owner, s.pin[pin].live)),
    "grant": Rule(lambda s, grant: owned(s.grant[grant].granter, s.grant[grant].active)),
    "handle": Rule(lambda s, handle: owned(s.grant[s.handle[handle].grant].receiver, s.handle[handle].live)),
    "space": Rule(lambda s, space: owned(s.space[space].vm, s.space[space].live)),
    "tag": Rule(lambda s, tag: owned(s.space[s.tag[tag].space].vm, s.tag[tag].phase != TagPhase.FREE)),
    "table": Rule(lambda s, table: owned(owner_of_table(s, table), s.table[table].phase != TablePhase.NONE)),
    "slot_note": Rule(owner_of_memory),
    "mirror_link": Rule(owner_of_memory),
    "job": Rule(owner_of_job),
    "extent": Rule(owner_of_job),
    "placed": Rule(owner_of_job),
    "search": Rule(owner_of_search),
    "blocker": Rule(owner_of_search),
    "function": Rule(owner_of_function, changes_hands_at_an_end, is_free=False),
    "group": Rule(lambda s, group: s.group[group].owner, freely, is_free=False),
    "context": Rule(owner_of_function, freely, is_free=False, must=keeps_its_space_while_attached),
    "pcie": Rule(owner_of_function, freely, is_free=False, must=only_its_owner_lets_it_master),
    **{part: Rule(owner_of_function, freely, is_free=False) for part in ("sriov", "pf", "vf")},
    "fault": Rule(owner_of_function, freely, is_free=False),
    "syndrome": Rule(hypervisors),
    "iommu": Rule(hypervisors),
    **{part: Rule(hypervisors, anybody=freely) for part in ("count", "reference_list", "reference")},
    **{part: Rule(hypervisors, anybody=freely) for part in ("invalidation", "queue", "request")},
    **{part: Rule(hypervisors, anybody=freely) for part in ("tlb", "iotlb", "walk", "context_cache")},
}


def may_act_for(s: MachineState, caller: Vm | None, vm: Vm, is_free: bool) -> bool:
    """Say whether a caller may change what is a VM's, or nobody's; without a caller, what is the hypervisor's, or nobody's."""
    if caller is None:
        return negate(is_vm(vm))
    free = vm == NOBODY if is_free else all_of(vm == NOBODY, caller == HOST)
    return any_of(free, all_of(is_vm(vm), is_looked_after(s, caller, vm)))


def is_rightful(part: str, key: tuple[Any, ...], s: MachineState, after: Any, caller: Vm | None) -> bool:
    """Say whether a step may change a record of a part: it is the caller's before and after, or the table lets it."""
    rule = AUTHORITY[part]
    old, new = (at_key(getattr(one, part), key) for one in (s, after))
    states = (s,) if rule.is_given else (s, after)
    own = all_of(*(may_act_for(s, caller, rule.whose(one, *key), rule.is_free) for one in states))
    more = rule.hypervisor(old, new) if caller is None else all_of(caller == HOST, rule.host(old, new))
    may = any_of(own, more, rule.anybody(old, new))
    return may if rule.must is None else all_of(may, rule.must(s, after, caller, *key))
