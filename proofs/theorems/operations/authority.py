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

from proofs.theorems.operations.contract import ACCOUNT_PARTS
from proofs.theorems.operations.keyed import at_key
from proofs.theorems.operations.terms.vms import is_looked_after
from pymodel.hardware.ids import HOST, HYPERVISOR, NOBODY, Frame, Vm, is_vm
from pymodel.hardware.iommu import ContextMode
from pymodel.hypervisor.devices import FunctionPhase
from pymodel.hypervisor.ids import Name
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

    named: Callable[..., Vm]
    """Whom a record names: a VM, or the hypervisor, or nobody; of a state and a key."""
    host: Change = never
    hypervisor: Change = never
    anybody: Change = never
    is_given: bool = False
    """Whether one may give it away: then it need not be one's own afterwards; to whom it goes, AUT-2 says."""
    is_free: bool = True
    """Whether what is nobody's is for anybody to take; otherwise it is the hypervisor's and the host's to change."""
    must: Callable[..., bool] | None = None
    """What must hold besides, whoever changes it: of the state before and after, the caller (or none), and the key."""
    used: Callable[..., bool] | None = None
    """Whether the record is in use, where that is not always so: one that is not is nobody's."""

    def whose(self, s: MachineState, *key: Any) -> Vm:
        """Return whose a record is."""
        vm = self.named(s, *key)
        return vm if self.used is None else choose(self.used(s, *key), vm, NOBODY)


def hypervisors(_s: MachineState, *_key: Any) -> Vm:
    """Return the hypervisor, for what is its alone."""
    return HYPERVISOR


def who_is_named(_s: MachineState, name: Name, *_: Any) -> Vm:
    """Return the VM that a name says its thing belongs to."""
    return name.vm


def owner_of_function(s: MachineState, rid: Any, *_: Any) -> Vm:
    """Return the owner of a function."""
    return s.function[rid].owner


def owner_of_table(s: MachineState, table: Frame, *_: Any) -> Vm:
    """Return the VM of the address space that a table belongs to."""
    return s.table[table].space.vm


def owner_of_memory(s: MachineState, frame: Frame, *_: Any) -> Vm:
    """Return whose the content of a frame is: of a table the VM's whose address space it is, of others the owner's."""
    return choose(s.frame[frame].kind == FrameKind.TABLE, owner_of_table(s, frame), s.frame[frame].owner)


def is_under_way(s: MachineState, job: Any, *_: Any) -> bool:
    """Say whether there is such a job."""
    return negate(s.job[job].phase == JobPhase.NONE)


def is_looked_for(s: MachineState, job: Any, *_: Any) -> bool:
    """Say whether there is such a search."""
    return negate(s.search[job].phase == SearchPhase.NONE)


def owner_of_block(s: MachineState, _level: Any, base: Frame) -> Vm:
    """Return the owner of a block's first frame."""
    return s.frame[base].owner


def is_held_together(s: MachineState, level: Any, base: Frame) -> bool:
    """Say whether there is such a block."""
    return negate(s.block[level, base].phase == BlockPhase.NONE)


def changes_hands_at_an_end(old: Any, new: Any) -> bool:
    """A function is given to somebody when it is nobody's, or let go; it does not go from one VM to another."""
    return any_of(old.owner == new.owner, old.owner == NOBODY, new.owner == NOBODY)


def only_its_owner_lets_it_master(s: MachineState, after: MachineState, caller: Vm | None, rid: Any) -> bool:
    """Bus mastering is turned on by the function's owner alone."""
    on = all_of(negate(s.pcie[rid].master), after.pcie[rid].master)
    return negate(on) if caller is None else implies(on, all_of(is_vm(caller), caller == s.function[rid].owner))


def only_its_vm_agrees(s: MachineState, after: MachineState, caller: Vm | None, grant: Any) -> bool:
    """Only the VM that grants makes a grant that is no offer, or accepts one: what the host grants for it is an offer."""
    old, new = s.grant[grant], after.grant[grant]
    agreed = all_of(new.active, negate(new.offered), negate(all_of(old.active, negate(old.offered))))
    return negate(agreed) if caller is None else implies(agreed, caller == grant.vm)


def keeps_its_space_while_attached(_s: MachineState, after: MachineState, _caller: Vm | None, rid: Any) -> bool:
    """The context of a function that stays attached is not taken from it."""
    return implies(after.function[rid].phase == FunctionPhase.ATTACHED, after.context[rid].mode == ContextMode.STAGE2)


def begins_or_ends(old: Any, new: Any) -> bool:
    """A virtual CPU comes to be, or ceases to be."""
    return negate(old.exists == new.exists)


def is_placed(old: Any, new: Any) -> bool:
    """A virtual CPU is put on a CPU, or taken off it, and stays whose it is."""
    return all_of(old.exists == new.exists, old.vm == new.vm)


def is_forgotten(_old: Any, new: Any) -> bool:
    """A CPU forgets which virtual CPU ran there last: the next one is taken to be another."""
    return all_of(new.vcpu == 0)


def ends_or_begins_a_life(old: Any, new: Any) -> bool:
    """A VM's life goes on, with the address space that it has; one that comes or goes has none."""
    same = all_of(old.space == new.space, old.has_space == new.has_space)
    return any_of(same, all_of(any_of(old.life == Life.ABSENT, new.life == Life.ABSENT), negate(new.has_space)))


def gets_a_tag(old: Any, new: Any) -> bool:
    """An address space that had no tag has one, and is otherwise as it was."""
    return all_of(old.live, negate(old.tagged), new.tagged, new == old.replace(tagged=True, tag=new.tag))


def is_bound(old: Any, new: Any) -> bool:
    """A tag that was free stands for an address space."""
    return all_of(old.phase == TagPhase.FREE, new.phase == TagPhase.BOUND)


def is_the_hosts_start(old: Any, new: Any) -> bool:
    """Nobody was there, and now the VM is live at once: so the host comes to be."""
    return all_of(old.life == Life.ABSENT, new.life == Life.LIVE)


#: Accounts follow what they count, as their own invariants say. An invalidation that is issued takes nothing from anybody, nor does
#: a cached entry that is dropped, or a request that is waited for.
AUTHORITY: dict[str, Rule] = {
    "vm": Rule(
        lambda _s, vm: vm,
        ends_or_begins_a_life,
        is_the_hosts_start,
        used=lambda s, vm: negate(s.vm[vm].life == Life.ABSENT),
    ),
    "vcpu": Rule(lambda s, u: s.vcpu[u].vm, begins_or_ends, is_placed, used=lambda s, u: s.vcpu[u].exists),
    "cpu": Rule(hypervisors),
    "last": Rule(hypervisors, is_forgotten),
    "frame": Rule(lambda s, f: s.frame[f].owner, is_given=True, is_free=False),
    "block": Rule(owner_of_block, used=is_held_together),
    "memory": Rule(owner_of_memory, is_given=True, is_free=False),
    "pin": Rule(who_is_named, used=lambda s, pin: s.pin[pin].live),
    "grant": Rule(who_is_named, used=lambda s, grant: s.grant[grant].active, must=only_its_vm_agrees),
    "handle": Rule(who_is_named, used=lambda s, handle: s.handle[handle].live),
    "space": Rule(who_is_named, gets_a_tag, used=lambda s, space: s.space[space].live),
    "tag": Rule(lambda s, tag: s.tag[tag].space.vm, is_bound, used=lambda s, tag: negate(s.tag[tag].phase == TagPhase.FREE)),
    "table": Rule(owner_of_table, used=lambda s, table: negate(s.table[table].phase == TablePhase.NONE)),
    "slot_note": Rule(owner_of_memory),
    "mirror_link": Rule(owner_of_memory),
    **{part: Rule(who_is_named, used=is_under_way) for part in ("job", "extent", "placed")},
    **{part: Rule(who_is_named, used=is_looked_for) for part in ("search", "blocker")},
    "function": Rule(owner_of_function, changes_hands_at_an_end, is_free=False),
    "group": Rule(lambda s, group: s.group[group].owner, freely, is_free=False),
    "context": Rule(owner_of_function, freely, is_free=False, must=keeps_its_space_while_attached),
    "pcie": Rule(owner_of_function, freely, is_free=False, must=only_its_owner_lets_it_master),
    **{part: Rule(owner_of_function, freely, is_free=False) for part in ("sriov", "pf", "vf")},
    "fault": Rule(owner_of_function, freely, is_free=False),
    "syndrome": Rule(hypervisors),
    "iommu": Rule(hypervisors),
    **{part: Rule(hypervisors, anybody=freely) for part in ACCOUNT_PARTS},
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
