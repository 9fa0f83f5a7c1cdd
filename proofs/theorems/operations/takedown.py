"""Taking down: whoever manages a VM takes back what it uses, one thing after the other; what may be in the way is listed.

A host that takes a drained VM apart, and a VM that undoes a range of which a step failed, are asked about in one place.
"""

from __future__ import annotations

from typing import Any

from proofs.statements import Area, refusal
from proofs.theorems.operations.effects import slot_of, translation
from proofs.theorems.operations.granting import EXCUSES, Rule
from pymodel.hardware.ids import HOST, Frame, Level, Vm, frame_base, page_base
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.devices import FunctionPhase, SriovPhase
from pymodel.hypervisor.ids import AccountKind, account
from pymodel.hypervisor.memory import BlockPhase, FrameKind
from pymodel.hypervisor.ranges import JobPhase
from pymodel.hypervisor.spaces import TagPhase
from pymodel.hypervisor.tables import TablePhase
from pymodel.hypervisor.vms import Life
from pymodel.language.truth import all_of, any_of, negate
from pymodel.machine import MachineState

AREA = Area("takedown", promise=True)

#: The operations that undo what a job has mapped.
UNDOING = ("job_undo", "undo_unmap", "undo_release", "job_end")


def may_take_down(s: MachineState, caller: Vm, vm: Vm) -> bool:
    """Say whether it is a VM's own live self, or the host before it starts and once no device and no CPU acts for it."""
    life = s.vm[vm].life
    host = all_of(caller == HOST, any_of(life == Life.CREATED, life == Life.DRAINED))
    return any_of(all_of(caller == vm, life == Life.LIVE), host)


def has_none(s: MachineState, kind: AccountKind, thing: Any, level: Level = Level.PAGE) -> bool:
    """Say whether nothing of a kind refers to a thing."""
    return s.count[account(kind, thing, level)].n == 0


def undoes(s: MachineState, name: str, args: dict[str, Any]) -> bool:
    """Say whether a step is the one that a job's undoing has come to."""
    j = s.job[args["job"]]
    if name == "job_undo":
        begun = any_of(j.phase == JobPhase.LISTING, j.phase == JobPhase.MAPPING, j.phase == JobPhase.DONE)
        return all_of(may_take_down(s, args["caller"], j.vm), begun)
    where = s.placed[args["job"], j.cursor - 1]
    removed = s.memory[where.table, where.index].kind == EntryKind.STALE
    its_turn = {
        "undo_unmap": all_of(j.cursor != 0, negate(removed)),
        "undo_release": all_of(j.cursor != 0, removed),
        "job_end": j.cursor == 0,
    }
    return all_of(may_take_down(s, args["caller"], j.vm), j.phase == JobPhase.UNDOING, its_turn[name])


@refusal
def a_range_is_undone_from_wherever_it_stopped(s: MachineState, name: str, args: dict[str, Any], reason: Any) -> bool:
    """Whatever step of a range failed, its undoing begins, and always has a step to take: at most a flush is waited for."""
    return True if name not in UNDOING or reason in EXCUSES else negate(undoes(s, name, args))


def is_part_of_no_block(s: MachineState, frame: Frame) -> bool:
    """Say whether a frame is part of no assembled block."""
    return all_of(*(s.block[k, frame_base(frame, k)].phase == BlockPhase.NONE for k in (Level.BLOCK, Level.HUGE)))


def is_unreferenced(s: MachineState, frame: Frame) -> bool:
    """Say whether nothing maps, pins or grants a frame, and it is part of no block."""
    return all_of(has_none(s, AccountKind.MAPPINGS, frame), is_part_of_no_block(s, frame))


def frame_is_loose(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A frame that is no table, that nothing maps, pins or grants, and that is part of no block."""
    f = s.frame[args["frame"]]
    kept = any_of(f.kind == FrameKind.DATA, f.kind == FrameKind.RETYPING, f.kind == FrameKind.POOL)
    return all_of(may_take_down(s, caller, f.owner), kept, is_unreferenced(s, args["frame"]))


def pin_is_there(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A live pin."""
    p = s.pin[args["pin"]]
    return all_of(may_take_down(s, caller, s.frame[p.frame].owner), p.live)


def grant_is_unused(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """An active grant without a handle."""
    g = s.grant[args["grant"]]
    return all_of(may_take_down(s, caller, g.granter), g.active, has_none(s, AccountKind.HANDLES, args["grant"]))


def handle_is_unused(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A live handle through which nothing is mapped."""
    h = s.handle[args["handle"]]
    return all_of(may_take_down(s, caller, s.grant[h.grant].receiver), h.live, negate(any_of(h.cpu_use, h.device_use)))


def slot_has(s: MachineState, caller: Vm, args: dict[str, Any], kind: EntryKind) -> bool:
    """An aligned page has an entry of that kind, which is neither a job's nor being split, and which no mirror has."""
    e, p = translation(s, args["space"], args["page"], args["level"]), s.space[args["space"]]
    aligned = page_base(args["page"], args["level"]) == args["page"]
    slot = slot_of(s, args["space"], args["page"], args["level"])
    mirrored = all_of(negate(p.io), s.mirror_link[slot].held)
    loose = all_of(
        s.slot_note[slot].job == 0, any_of(e.kind == EntryKind.LEAF, all_of(negate(s.slot_note[slot].split), negate(mirrored)))
    )
    return all_of(may_take_down(s, caller, p.vm), p.live, aligned, e.kind == kind, loose)


def table_is(s: MachineState, caller: Vm, args: dict[str, Any], *conditions: bool) -> bool:
    """A table of a VM's that is as it should be."""
    return all_of(may_take_down(s, caller, s.space[s.table[args["table"]].space].vm), *conditions)


def slot_is_empty(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A closed table that is not scanned to its end, and whose next slot is empty."""
    t = s.table[args["table"]]
    empty = s.memory[args["table"], t.cursor].kind == EntryKind.NONE
    return table_is(s, caller, args, t.phase == TablePhase.CLOSING, negate(t.scanned), empty)


def table_is_empty(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A closed table, not a root, that was scanned to its end."""
    t = s.table[args["table"]]
    return table_is(s, caller, args, t.phase == TablePhase.CLOSING, t.scanned, t.level != Level.HUGE)


def tag_is_unused(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A space whose tag no context has and no CPU uses."""
    p = s.space[args["space"]]
    bound = all_of(p.live, p.tagged, s.tag[p.tag].phase == TagPhase.BOUND)
    return all_of(may_take_down(s, caller, p.vm), bound, has_none(s, AccountKind.CONTEXTS, args["space"]))


def tag_is_retiring(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A space whose tag is on its way out."""
    p = s.space[args["space"]]
    return all_of(may_take_down(s, caller, p.vm), p.live, p.tagged, s.tag[p.tag].phase == TagPhase.RETIRING)


def space_is_empty(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A space without tag, tables and jobs, whose root was scanned to its end."""
    p = s.space[args["space"]]
    root = s.table[p.root]
    empty = (has_none(s, kind, args["space"]) for kind in (AccountKind.TABLES, AccountKind.JOBS))
    scanned = all_of(root.phase == TablePhase.CLOSING, root.scanned)
    return all_of(may_take_down(s, caller, p.vm), p.live, negate(p.tagged), scanned, *empty)


def block_is_loose(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A block, assembled or on its way, that no large leaf maps."""
    b = s.block[args["level"], args["base"]]
    unused = has_none(s, AccountKind.MAPPINGS, args["base"], args["level"])
    return all_of(may_take_down(s, caller, b.owner), b.phase != BlockPhase.NONE, unused)


def pieces_are(s: MachineState, caller: Vm, args: dict[str, Any], complete: bool) -> bool:
    """A table that is built in the place of a broken leaf, and has all its pieces or not."""
    t = s.table[args["child"]]
    building = all_of(t.phase == TablePhase.BUILDING, t.scanned == complete)
    return all_of(may_take_down(s, caller, s.space[t.space].vm), building)


def function_is(s: MachineState, caller: Vm, args: dict[str, Any], *phases: FunctionPhase) -> bool:
    """A function in one of some phases, for the host."""
    phase = s.function[args["rid"]].phase
    return all_of(caller == HOST, any_of(*(phase == p for p in phases)))


def function_is_left(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A function that nobody uses, and that has no virtual functions."""
    alone = all_of(s.pcie[args["rid"]].present, s.iommu.on, s.pf[args["rid"]].phase == SriovPhase.OFF)
    return all_of(alone, function_is(s, caller, args, FunctionPhase.IDLE, FunctionPhase.FLUSHED))


def function_is_attached(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """An attached function, for the host or for its owner."""
    f = s.function[args["rid"]]
    own = all_of(caller == f.owner, s.vm[caller].life == Life.LIVE)
    return all_of(f.phase == FunctionPhase.ATTACHED, any_of(caller == HOST, own))


def last_vf_is_left(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A PF whose VFs are to go, the last of which nobody uses."""
    p = s.pf[args["pf"]]
    last = {"rid": s.vf[args["pf"], p.cursor - 1].rid}
    free = function_is(s, caller, last, FunctionPhase.IDLE, FunctionPhase.CLEAN)
    return all_of(p.phase == SriovPhase.REMOVING, free)


def vfs_are_up(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A PF whose VFs are up or on the way up."""
    phase = s.pf[args["pf"]].phase
    return all_of(caller == HOST, any_of(phase == SriovPhase.ENUMERATING, phase == SriovPhase.ENABLED))


def vcpu_is_out(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A virtual CPU that no CPU has loaded, for the host."""
    u = s.vcpu[args["vcpu"]]
    return all_of(caller == HOST, u.exists, negate(u.loaded))


def life_is_over(s: MachineState, caller: Vm, args: dict[str, Any], life: Life, *kinds: AccountKind) -> bool:
    """A VM at some stage of its end that has nothing of some kinds any more, for the host."""
    return all_of(caller == HOST, s.vm[args["vm"]].life == life, *(has_none(s, k, args["vm"]) for k in kinds))


#: When an operation takes something back for whoever may take it down, or for the host.
TAKING: dict[str, Rule] = {
    "reclaim": frame_is_loose,
    "unpin": pin_is_there,
    "unshare": grant_is_unused,
    "drop_handle": handle_is_unused,
    "unmap": lambda s, caller, args: slot_has(s, caller, args, EntryKind.LEAF),
    "release": lambda s, caller, args: slot_has(s, caller, args, EntryKind.STALE),
    "close_table": lambda s, caller, args: table_is(s, caller, args, s.table[args["table"]].phase == TablePhase.LINKED),
    "scan_table": slot_is_empty,
    "unlink_table": table_is_empty,
    "free_table": lambda s, caller, args: table_is(s, caller, args, s.table[args["table"]].phase == TablePhase.RETIRED),
    "retire_tag": tag_is_unused,
    "free_tag": tag_is_retiring,
    "destroy_space": space_is_empty,
    "dissolve": block_is_loose,
    "fill_split": lambda s, caller, args: pieces_are(s, caller, args, False),
    "finish_split": lambda s, caller, args: pieces_are(s, caller, args, True),
    "unpublish": lambda s, _caller, args: all_of(
        s.frame[args["frame"]].kind == FrameKind.PUBLISHED, is_unreferenced(s, args["frame"])
    ),
    "free": lambda s, _caller, args: s.frame[args["frame"]].kind == FrameKind.HYPERVISOR,
    "detach": function_is_attached,
    "finish_detach": lambda s, caller, args: function_is(s, caller, args, FunctionPhase.DETACHING),
    "reset_function": function_is_left,
    "drain_function": lambda s, caller, args: function_is(s, caller, args, FunctionPhase.RESET),
    "disable_vfs": vfs_are_up,
    "remove_vf": last_vf_is_left,
    "switch_out": lambda s, _caller, args: s.cpu[args["cpu"]].stage2,
    "unload": lambda s, _caller, args: all_of(negate(s.cpu[args["cpu"]].stage2), s.cpu[args["cpu"]].vcpu != 0),
    "destroy_vcpu": vcpu_is_out,
    "drain_vm": lambda s, caller, args: life_is_over(s, caller, args, Life.DYING, AccountKind.FUNCTIONS, AccountKind.VCPUS),
    "empty_vm": lambda s, caller, args: life_is_over(
        s, caller, args, Life.DRAINED, AccountKind.FRAMES, AccountKind.SPACES, AccountKind.GRANTS
    ),
    "reap_vm": lambda s, caller, args: life_is_over(s, caller, args, Life.EMPTY),
}


@refusal
def what_nothing_refers_to_is_taken_back(s: MachineState, name: str, args: dict[str, Any], reason: Any) -> bool:
    """A leaf, frame, block, pin, grant, handle, table, tag, space, function, VCPU or VM that nothing refers to is given up."""
    if name not in TAKING or reason in EXCUSES:
        return True
    return negate(TAKING[name](s, args.get("caller", HOST), args))
