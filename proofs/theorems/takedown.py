"""Taking down: whoever manages a VM takes back what it uses, one thing after the other; what may be in the way is listed.

A host that takes a drained VM apart, and a VM that undoes a range of which a step failed, are asked about in one place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proofs.theorems.effects import EXCUSES, translation
from proofs.theorems.statements import refusal
from pymodel.hardware.ids import HOST, AccountKind, Level, Vm, account, frame_base, page_base
from pymodel.hardware.machine import BlockPhase, EntryKind, FrameKind, JobPhase, Life, MachineState, TablePhase, TagPhase
from pymodel.words import all_of, any_of, negate

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


def frame_is_loose(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A frame of data or of the pool that nothing maps, pins or grants, and that is part of no block."""
    f = s.frame[args["frame"]]
    kept = any_of(f.kind == FrameKind.DATA, f.kind == FrameKind.POOL)
    parts = (s.block[k, frame_base(args["frame"], k)].phase == BlockPhase.NONE for k in (Level.BLOCK, Level.HUGE))
    return all_of(may_take_down(s, caller, f.owner), kept, has_none(s, AccountKind.MAPPINGS, args["frame"]), *parts)


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
    """An aligned page has an entry of that kind, which is neither a job's nor being split."""
    e, p = translation(s, args["space"], args["page"], args["level"]), s.space[args["space"]]
    aligned = page_base(args["page"], args["level"]) == args["page"]
    loose = all_of(e.job == 0, any_of(e.kind == EntryKind.LEAF, negate(e.split)))
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


#: When an operation takes something back from a VM for whoever may take it down.
TAKING: dict[str, Callable[[MachineState, Vm, dict[str, Any]], bool]] = {
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
}


@refusal
def what_nothing_refers_to_is_taken_back(s: MachineState, name: str, args: dict[str, Any], reason: Any) -> bool:
    """A leaf, frame, pin, grant, handle, table, tag or space that nothing refers to is given up when its manager asks."""
    if name not in TAKING or reason in EXCUSES:
        return True
    return negate(TAKING[name](s, args["caller"], args))
