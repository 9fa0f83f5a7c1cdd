"""Statements about one step: what it changed, and who asked for it."""

from __future__ import annotations

from typing import Any

from proofs.statements import Area, step
from proofs.theorems.invariants.devices import blocks
from pymodel.hardware.access import FaultKind
from pymodel.hardware.ids import HOST, HYPERVISOR, NOBODY, WRITE, Frame, Index, Rid, Vm, is_vm, level_mask, page_index, slot_page
from pymodel.hardware.iommu import context_of
from pymodel.hardware.memory import Entry, EntryKind
from pymodel.hypervisor.devices import FunctionPhase
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.vms import Life
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.machine import MachineState

AREA = Area("steps", promise=True)

#: Operations that change the owner of the frame they name.
OWNERS = ("donate", "reclaim", "transfer", "allocate", "free")


def same_owner(s: MachineState, after: MachineState, p: Frame) -> bool:
    """Say whether a step left the owner of a frame alone."""
    return s.frame[p].owner == after.frame[p].owner


@step
def only_the_frame_named_changes_hands(s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame) -> bool:
    """A step changes the owner of no frame but the one that a change of owner names."""
    if name in OWNERS:
        return implies(p != args["frame"], same_owner(s, after, p))
    return same_owner(s, after, p)


#: Steps by which a guest or a device writes.
WRITERS = ("guest_store", "dma_deliver")


@step
def only_guests_and_devices_write_a_vms_data(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index
) -> bool:
    """While a frame is a VM's data, nothing is written there but by guests and devices."""
    del args
    if name in WRITERS:
        return True
    stays = all_of(s.frame[p].kind == FrameKind.DATA, after.frame[p].kind == FrameKind.DATA)
    return implies(stays, s.memory[p, i] == after.memory[p, i])


@step
def a_new_owner_finds_zero(s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index) -> bool:
    """A frame that gets a VM as its owner, other than by a transfer of content, is fresh and zero everywhere."""
    del args
    if name == "transfer":
        return True
    passed = all_of(negate(same_owner(s, after, p)), is_vm(after.frame[p].owner))
    return implies(passed, all_of(after.frame[p].fresh, after.memory[p, i] == Entry.default()))


@step
def a_frame_changes_hands_only_by_its_owner_or_the_host(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame
) -> bool:
    """A VM's frame leaves it only when the VM asks, or the host asks for one that is not running; it comes from the free ones."""
    old, new = s.frame[p].owner, after.frame[p].owner
    if name in ("reclaim", "transfer"):
        caller: Vm = args["caller"]
        rightful = any_of(caller == old, all_of(caller == HOST, s.vm[old].life != Life.LIVE))
        return implies(old != new, rightful)
    if name in ("donate", "allocate"):
        return implies(old != new, all_of(old == NOBODY, s.frame[p].kind == FrameKind.FREE))
    if name == "free":
        return implies(old != new, old == HYPERVISOR)
    return old == new


@step
def a_function_changes_hands_only_by_the_host(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, d: Rid
) -> bool:
    """A function gets an owner only by attach, and loses it only by drain, both asked for by the host."""
    old, new = s.function[d].owner, after.function[d].owner
    if name == "attach":
        return implies(old != new, all_of(args["caller"] == HOST, old == NOBODY, d == args["rid"], new == args["vm"]))
    if name == "drain_function":
        return implies(old != new, all_of(args["caller"] == HOST, new == NOBODY, d == args["rid"]))
    return old == new


#: Steps that end a device's request or a guest's access without effect.
FAULTS = ("dma_fault", "cpu_fault", "stage1_fetch")


@step
def a_fault_changes_nothing(s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index) -> bool:
    """A step that ends in a fault, or only reads, changes no memory."""
    del args
    if name in FAULTS:
        return s.memory[p, i] == after.memory[p, i]
    return True


@step
def a_fault_is_reported_as_it_was(s: MachineState, name: str, args: dict[str, Any], after: MachineState) -> bool:
    """A fault reports page, level and kind: of a CPU's walk, the entry at fault; of a request, whose it was and what it wanted."""
    if name == "cpu_fault":
        found, t, page = after.syndrome[args["cpu"]], s.table[args["table"]], args["page"]
        e = s.memory[args["table"], page_index(page, t.level)]
        lacks = all_of(e.kind == EntryKind.LEAF, negate(e.rights.allows(args["wanted"])))
        none = negate(any_of(e.kind == EntryKind.LEAF, e.kind == EntryKind.LINK))
        why = any_of(all_of(found.kind == FaultKind.PERMISSION, lacks), all_of(found.kind == FaultKind.TRANSLATION, none))
        return all_of(found.valid, found.page == page, found.level == t.level, why)
    if name == "dma_fault":
        x = s.request[args["request"]]
        f, record = s.function[x.rid], after.fault[x.rid]
        told = all_of(record.valid, record.page == x.page, record.write == x.write, record.owner == f.owner)
        blocked = all_of(record.kind == FaultKind.BLOCKED, blocks(s, context_of(s, x.rid)))
        missing = all_of(record.kind == FaultKind.TRANSLATION, f.phase == FunctionPhase.ATTACHED)
        return all_of(told, any_of(blocked, missing))
    return True


@step
def a_served_fault_is_of_an_attached_function(s: MachineState, name: str, args: dict[str, Any], after: MachineState) -> bool:
    """A fault that is served was of a function that is attached to an address space of its owner's."""
    del after
    if name != "handle_fault":
        return True
    f = s.function[args["rid"]]
    p = s.space[f.space]
    return all_of(f.phase == FunctionPhase.ATTACHED, p.live, p.io, p.vm == f.owner)


@step
def a_walk_marks_only_its_table(s: MachineState, name: str, args: dict[str, Any], after: MachineState, p: Frame, i: Index) -> bool:
    """Hardware sets accessed and dirty bits of leaves, in tables of the address space that it walks, and nothing else."""
    if name != "mark":
        return True
    old, new = s.memory[p, i], after.memory[p, i]
    marked = all_of(
        s.frame[p].kind == FrameKind.TABLE,
        s.table[p].space == s.tag[args["tag"]].space,
        old.kind == EntryKind.LEAF,
        new == old.replace(accessed=True, dirty=any_of(old.dirty, args["write"])),
        implies(args["write"], old.rights.allows(WRITE)),
    )
    return any_of(old == new, marked)


@step
def a_range_loses_no_page_outside_it(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, table: Frame, index: Index
) -> bool:
    """Unmapping a range removes no leaf that maps a page outside the range."""
    if name != "unmap_range":
        return True
    t, old, new = s.table[table], s.memory[table, index], after.memory[table, index]
    start = slot_page(t.prefix, index, t.level)
    inside = all_of(args["first"] <= start, start | level_mask(t.level) <= args["last"])
    return any_of(old == new, all_of(s.frame[table].kind == FrameKind.TABLE, inside))


#: Operations that only the host may ask for.
HOSTS = (
    "create_vm",
    "start_vm",
    "drain_vm",
    "empty_vm",
    "reap_vm",
    "create_vcpu",
    "destroy_vcpu",
    "donate",
    "attach",
    "reset_function",
    "drain_function",
    "finish_detach",
    "set_num_vfs",
    "set_ari",
    "enable_vfs",
    "enumerate_vf",
    "disable_vfs",
    "remove_vf",
)
#: Operations on what belongs to the VM that owns the frame named.
ON_FRAME = {
    "reclaim": "frame",
    "transfer": "frame",
    "begin_retype": "frame",
    "cancel_retype": "frame",
    "finish_retype": "frame",
    "unpool": "frame",
    "share": "frame",
    "pin": "frame",
    "create_space": "root",
    "assemble": "base",
}
#: Operations on an address space.
ON_SPACE = (
    "map",
    "map_granted",
    "mirror_page",
    "unmap",
    "release",
    "replace",
    "protect",
    "confirm_downgrade",
    "link_table",
    "begin_split",
    "retire_tag",
    "free_tag",
    "bind_tag",
    "destroy_space",
    "unmap_range",
    "job_begin",
    "search_begin",
)
#: Steps of a range operation.
ON_JOB = ("job_extent", "job_start", "job_map", "job_undo", "undo_unmap", "undo_release", "job_end")
#: Operations on a table.
ON_TABLE = {
    "close_table": "table",
    "reopen_table": "table",
    "scan_table": "table",
    "unlink_table": "table",
    "free_table": "table",
    "fill_split": "child",
    "finish_split": "child",
}


def may_manage(s: MachineState, caller: Vm, vm: Vm) -> bool:
    """Say whether a caller may act on what is a VM's: the VM itself, or the host for a VM that is not running."""
    return any_of(caller == vm, all_of(caller == HOST, s.vm[vm].life != Life.LIVE))


@step
def only_the_rightful_caller_succeeds(s: MachineState, name: str, args: dict[str, Any], after: MachineState) -> bool:  # noqa: C901, PLR0911, PLR0912 - a table of rules
    """Each operation that was asked for and not refused was asked for by whom its rule names.

    A policy's own operations have no rule: one that has a caller changes the policy's own parts of the state, and none of the
    machine's. What has no caller is the hypervisor's or the hardware's own doing, and not limited here.
    """
    if name in HOSTS:
        return bool_of(args["caller"] == HOST)
    if name in ON_FRAME:
        return may_manage(s, args["caller"], s.frame[args[ON_FRAME[name]]].owner)
    if name in ON_SPACE:
        return may_manage(s, args["caller"], s.space[args["space"]].vm)
    if name in ON_TABLE:
        return may_manage(s, args["caller"], s.space[s.table[args[ON_TABLE[name]]].space].vm)
    if name in ON_JOB:
        return may_manage(s, args["caller"], s.job[args["job"]].vm)
    if name in ("search_step", "search_end"):
        return may_manage(s, args["caller"], s.search[args["job"]].vm)
    if name == "kill_vm":
        return any_of(args["caller"] == HOST, args["caller"] == args["vm"])
    if name == "use_space":
        return may_manage(s, args["caller"], args["vm"])
    if name == "unpin":
        return may_manage(s, args["caller"], s.frame[s.pin[args["pin"]].frame].owner)
    if name == "unshare":
        return may_manage(s, args["caller"], s.grant[args["grant"]].granter)
    if name == "take_handle":
        return bool_of(args["caller"] == s.grant[args["grant"]].receiver)
    if name == "drop_handle":
        return may_manage(s, args["caller"], s.grant[s.handle[args["handle"]].grant].receiver)
    if name in ("assemble_on", "dissolve"):
        return may_manage(s, args["caller"], s.block[args["level"], args["base"]].owner)
    if name in ("set_master", "handle_fault"):
        return may_manage(s, args["caller"], s.function[args["rid"]].owner)
    if name == "detach":
        return any_of(args["caller"] == HOST, args["caller"] == s.function[args["rid"]].owner)
    return "caller" not in args or all(getattr(after, part) is getattr(s, part) for part in MachineState.shapes())


def bool_of(value: bool) -> bool:
    """Return a truth value as it is (for mypy)."""
    return value
