"""Statements about one step: what it changed, and who asked for it."""

from __future__ import annotations

from typing import Any

from proofs.statements import Area, step
from proofs.theorems.invariants.devices import blocks
from proofs.theorems.operations.authority import is_rightful
from proofs.theorems.operations.contract import Contract, NoCaller, Passing
from proofs.theorems.operations.contracts import contract_of, is_policys_own
from proofs.theorems.operations.terms.core import is_so
from proofs.theorems.operations.terms.walks import is_linked, slot_of
from pymodel.hardware.access import FaultKind
from pymodel.hardware.ids import (
    HOST,
    HYPERVISOR,
    NOBODY,
    READ,
    WRITE,
    Asid,
    Cpu,
    Frame,
    Index,
    Request,
    Rid,
    Tag,
    VirtualPage,
    Vm,
    frame_at,
    is_vm,
    level_mask,
    page_base,
    page_index,
)
from pymodel.hardware.iommu import RequestPhase, context_of
from pymodel.hardware.memory import Entry, EntryKind
from pymodel.hypervisor.devices import FunctionPhase
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.vms import Life
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.language.words import Word, choose
from pymodel.machine import MachineState

AREA = Area("steps", promise=True)


def same_owner(s: MachineState, after: MachineState, p: Frame) -> bool:
    """Say whether a step left the owner of a frame alone."""
    return s.frame[p].owner == after.frame[p].owner


@step
def only_the_frame_named_changes_hands(s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame) -> bool:
    """A step changes the owner of no frame but the one that its contract says it passes on.

    An operation of a policy's own has no contract: it passes on what its caller may change, as the table of authority has it.
    """
    contract = contract_of(name)
    if contract is None and is_policys_own(name):
        return any_of(same_owner(s, after, p), is_rightful("frame", (p,), s, after, args.get("caller")))
    if contract is None or contract.frame is None:
        return same_owner(s, after, p)
    return implies(p != contract.frame.what.key(s, args), same_owner(s, after, p))


@step
def a_new_owner_finds_zero(s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index) -> bool:
    """A frame that gets a VM as its owner, other than by a transfer of content, is fresh and zero everywhere.

    Content is transferred by who is there to give it: a VM that is created or live. What a dead VM left is nobody's to have.
    """
    del args
    contract, old = contract_of(name), s.vm[s.frame[p].owner].life
    keeps = contract is not None and contract.frame is not None and contract.frame.keeps_content
    given = all_of(keeps, any_of(old == Life.CREATED, old == Life.LIVE))
    passed = all_of(negate(same_owner(s, after, p)), is_vm(after.frame[p].owner), negate(given))
    return implies(passed, all_of(after.frame[p].fresh, after.memory[p, i] == Entry.default()))


def rightful(contract: Contract, s: MachineState, args: dict[str, Any]) -> bool:
    """Say whether a step was asked for by whom its contract names; nobody asks for the hypervisor's own doing."""
    return True if isinstance(contract.authority, NoCaller) else is_so(contract.authority(s, args))


def passes(passing: Passing, s: MachineState, args: dict[str, Any], key: Word, old: Vm, new: Vm) -> bool:
    """Say whether what changed hands is what a contract names, in the state that it names, from whom to whom it names."""
    named = all_of(key == passing.what.key(s, args), passing.only(s, args))
    return all_of(named, old == passing.giver(s, args), new == passing.receiver(s, args))


@step
def a_frame_changes_hands_only_by_its_owner_or_the_host(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame
) -> bool:
    """A frame passes from the giver to the receiver that a contract names, as its authority has it.

    A VM's frame leaves it only when the VM asks, or the host asks for one that is not running; it comes from the free ones.
    """
    old, new = s.frame[p].owner, after.frame[p].owner
    contract = contract_of(name)
    if contract is None and is_policys_own(name):
        return any_of(old == new, is_rightful("frame", (p,), s, after, args.get("caller")))
    if contract is None or contract.frame is None:
        return old == new
    return implies(old != new, all_of(passes(contract.frame, s, args, p, old, new), rightful(contract, s, args)))


@step
def a_function_changes_hands_only_by_the_host(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, d: Rid
) -> bool:
    """A function gets an owner, and loses it, only by operations whose contracts pass it on so, asked for by the host.

    An operation of a policy's own that the host asks for gives what is nobody's, or lets go: no function goes from VM to VM.
    """
    old, new = s.function[d].owner, after.function[d].owner
    contract = contract_of(name)
    if contract is None and is_policys_own(name):
        return any_of(old == new, all_of(args.get("caller", NOBODY) == HOST, any_of(old == NOBODY, new == NOBODY)))
    if contract is None or contract.function is None:
        return old == new
    return implies(old != new, all_of(args["caller"] == HOST, passes(contract.function, s, args, d, old, new)))


@step
def a_fill_combines_both_stages(  # noqa: PLR0913, PLR0917 - two states, and the key of a cached translation
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage
) -> bool:
    """What a CPU comes to cache is the page of its first stage, where stage 2 has it, with the rights that both stages give."""
    old, new = s.tlb[cpu, tag, asid, va], after.tlb[cpu, tag, asid, va]
    if name != "tlb_fill":
        return any_of(old == new, negate(new.valid))
    level = s.walk[tag, args["table"]].level
    e = s.memory[args["table"], page_index(args["page"], level)]
    named = all_of(cpu == args["cpu"], tag == s.cpu[args["cpu"]].tag, asid == args["asid"], va == args["va"])
    place = all_of(e.kind == EntryKind.LEAF, new.page == args["page"], new.frame == frame_at(e.frame, new.page, level))
    return any_of(old == new, all_of(named, place, new.rights == e.rights & args["stage1"]))


@step
def every_request_meets_one_check(s: MachineState, name: str, args: dict[str, Any], after: MachineState, r: Request) -> bool:
    """A request, whoever started it, is issued first; it is translated by what the IOTLB has for its function, page and right."""
    del name, args
    old, new = s.request[r], after.request[r]
    c = s.iotlb[old.rid, new.tag, old.page]
    allowed = all_of(c.valid, c.rights.allows(choose(old.write, WRITE, READ)), negate(new.untranslated), new.frame == c.frame)
    same = all_of(new.rid == old.rid, new.page == old.page, new.write == old.write, new.owner == old.owner)
    checked = all_of(old.phase == RequestPhase.ISSUED, new.phase == RequestPhase.TRANSLATED, same, allowed)
    issued = all_of(old.phase == RequestPhase.NONE, new.phase == RequestPhase.ISSUED)
    return any_of(old == new, new.phase == RequestPhase.NONE, issued, checked)


@step
def a_frame_is_blank_between_hypervisor_and_vm(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index
) -> bool:
    """Where a step makes a frame of the hypervisor's a VM's, or a VM's the hypervisor's, nothing is left in it."""
    del name, args
    old, new = s.frame[p].owner, after.frame[p].owner
    given = all_of(old == HYPERVISOR, is_vm(new))
    taken = all_of(is_vm(old), new == HYPERVISOR)
    return implies(any_of(given, taken), after.memory[p, i] == Entry.default())


@step
def a_fault_is_reported_as_it_was(s: MachineState, name: str, args: dict[str, Any], after: MachineState) -> bool:
    """A fault reports page, level and kind: of a CPU's walk, the entry at fault; of a request, whose it was and what it wanted."""
    if name == "cpu_fault":
        found, page = after.syndrome[args["cpu"]], args["page"]
        level = s.walk[s.cpu[args["cpu"]].tag, args["table"]].level
        e = s.memory[args["table"], page_index(page, level)]
        lacks = all_of(e.kind == EntryKind.LEAF, negate(e.rights.allows(args["wanted"])))
        none = negate(any_of(e.kind == EntryKind.LEAF, e.kind == EntryKind.LINK))
        why = any_of(all_of(found.kind == FaultKind.PERMISSION, lacks), all_of(found.kind == FaultKind.TRANSLATION, none))
        return all_of(found.valid, found.page == page, found.level == level, why)
    if name == "dma_fault":
        x = s.request[args["request"]]
        f, record = s.function[x.rid], after.fault[x.rid]
        told = all_of(record.valid, record.page == x.page, record.write == x.write, record.owner == f.owner)
        blocked = all_of(record.kind == FaultKind.BLOCKED, blocks(s, context_of(s, x.rid)))
        missing = all_of(record.kind == FaultKind.TRANSLATION, f.phase == FunctionPhase.ATTACHED)
        return all_of(told, any_of(blocked, missing))
    return True


@step
def a_walk_marks_only_its_table(s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index) -> bool:
    """Hardware sets accessed and dirty bits of the leaf that it walks to through a cached pointer, and nothing else."""
    if name != "mark":
        return True
    old, new = s.memory[p, i], after.memory[p, i]
    pointer = s.walk[args["tag"], p]
    marked = all_of(
        all_of(pointer.valid, p == args["table"], i == page_index(args["page"], pointer.level)),
        all_of(s.frame[p].kind == FrameKind.TABLE, s.frame[p].owner == s.space[s.tag[args["tag"]].space].vm),
        old.kind == EntryKind.LEAF,
        new == old.replace(accessed=True, dirty=any_of(old.dirty, args["write"])),
        implies(args["write"], old.rights.allows(WRITE)),
    )
    return any_of(old == new, marked)


@step
def a_range_loses_no_page_outside_it(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, table: Frame, index: Index
) -> bool:
    """Unmapping a range removes the leaf that the walk for a page ends in, and none that maps a page outside the range."""
    if name != "unmap_range":
        return True
    old, new, level = s.memory[table, index], after.memory[table, index], args["level"]
    start, where = page_base(args["page"], level), (s, args["space"], args["page"], level)
    inside = all_of(args["first"] <= start, start | level_mask(level) <= args["last"])
    slot = slot_of(*where)
    walked = all_of(is_linked(*where), slot[0] == table, slot[1] == index)
    return any_of(old == new, all_of(s.frame[table].kind == FrameKind.TABLE, walked, inside))


@step
def only_the_rightful_caller_succeeds(s: MachineState, name: str, args: dict[str, Any], after: MachineState) -> bool:
    """Each operation that was asked for and not refused was asked for by whom its contract names.

    An operation of a policy's own has no contract: what it may change is told by the footprints. What hardware, guests and devices
    do is nobody's request.
    """
    del after
    contract = contract_of(name)
    return True if contract is None else rightful(contract, s, args)
