"""Building: VMs, tables, changed leaves, windows and searches are had by whoever owns what they are made of.

As in `proofs.theorems.operations.granting` the rules are written over who owns what, what refers to it and which names are taken.
"""

from __future__ import annotations

from typing import Any

from proofs.statements import Area, refusal
from proofs.theorems.invariants.sriov import is_behind_its_bridge
from proofs.theorems.operations.effects import slot_of
from proofs.theorems.operations.granting import (
    EXCUSES,
    Rule,
    builds_for,
    exists,
    has_empty_slot,
    is_clear,
    is_open,
    is_own,
    may_have,
)
from proofs.theorems.operations.takedown import is_part_of_no_block, is_unreferenced, may_take_down, slot_has
from pymodel.hardware.ids import HOST, NO_RIGHTS, Frame, Level, Page, Tag, Vm, is_vm, level_mask
from pymodel.hardware.iommu import drives, last_page
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.devices import SriovPhase
from pymodel.hypervisor.ids import Space
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.ranges import JobPhase
from pymodel.hypervisor.spaces import TagPhase
from pymodel.hypervisor.tables import TablePhase
from pymodel.hypervisor.vms import Life
from pymodel.hypervisor.windows import SearchPhase
from pymodel.language.outcomes import Reason
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import choose
from pymodel.machine import MachineState

AREA = Area("building", promise=True)

#: Operations that leave something to a decision, which may be stricter than its contract: the reason of its no.
DECIDED = {"create_space": (Reason.OCCUPIED,), "bind_tag": (Reason.OCCUPIED,), "unmap_range": (Reason.UNALIGNED,)}
#: How many frames there are.
FRAMES = 1 << 44


def frame_is(s: MachineState, args: dict[str, Any], kind: FrameKind) -> bool:
    """Say whether a frame has a kind."""
    return s.frame[args["frame"]].kind == kind


def is_pooled(s: MachineState, vm: Vm, frame: Frame) -> bool:
    """Say whether a frame is a blank page of a VM's pool for tables."""
    return all_of(s.frame[frame].kind == FrameKind.POOL, s.frame[frame].owner == vm)


# VMs and virtual CPUs


def a_free_name(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The host creates a VM under a name that no VM has."""
    return all_of(caller == HOST, is_vm(args["vm"]), args["vm"] != HOST, s.vm[args["vm"]].life == Life.ABSENT, s.iommu.on)


def a_vm_that_is_not_dead(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The host ends a VM, or a live VM ends itself; nobody ends the host."""
    own = all_of(caller == args["vm"], s.vm[caller].life == Life.LIVE)
    return all_of(exists(s, args["vm"]), args["vm"] != HOST, any_of(caller == HOST, own))


def a_new_virtual_cpu(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The host gives a VM a virtual CPU under a name that none has."""
    return all_of(caller == HOST, exists(s, args["vm"]), args["vcpu"] != 0, negate(s.vcpu[args["vcpu"]].exists))


def a_virtual_cpu_and_a_cpu(s: MachineState, _caller: Vm, args: dict[str, Any]) -> bool:
    """A CPU that has no virtual CPU takes a live VM's one that no CPU has."""
    c, u = s.cpu[args["cpu"]], s.vcpu[args["vcpu"]]
    return all_of(c.vcpu == 0, u.exists, negate(u.loaded), s.vm[u.vm].life == Life.LIVE)


def a_space_to_run_in(s: MachineState, _caller: Vm, args: dict[str, Any]) -> bool:
    """A CPU that has a live VM's virtual CPU enters that VM's address space, which has a tag that is not on its way out."""
    c = s.cpu[args["cpu"]]
    v = s.vm[s.vcpu[c.vcpu].vm]
    p = s.space[v.space]
    tagged = all_of(p.tagged, s.tag[p.tag].phase == TagPhase.BOUND)
    return all_of(negate(c.stage2), c.vcpu != 0, v.life == Life.LIVE, v.has_space, tagged)


# Frames and grants


def a_frame_to_give(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A VM gives a frame of its own, which nothing maps, pins or grants, to a VM that exists."""
    return all_of(is_own(s, caller, args["frame"]), is_unreferenced(s, args["frame"]), exists(s, args["to"]))


def a_frame_in_no_block(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A frame of one's own that is part of no block; whatever maps it may go later."""
    return all_of(is_own(s, caller, args["frame"]), is_part_of_no_block(s, args["frame"]))


def a_frame_to_retype(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A frame of one's own, on its way to a table, that nothing refers to any more."""
    own = all_of(builds_for(s, caller, s.frame[args["frame"]].owner), is_unreferenced(s, args["frame"]))
    return all_of(own, frame_is(s, args, FrameKind.RETYPING))


def a_frame_on_its_way(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A frame on its way to a table, of a VM that the caller looks after."""
    return all_of(may_take_down(s, caller, s.frame[args["frame"]].owner), frame_is(s, args, FrameKind.RETYPING))


def a_received_grant(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The live receiver of a grant takes a handle that is not in use."""
    g = s.grant[args["grant"]]
    free = all_of(args["handle"] != 0, negate(s.handle[args["handle"]].live))
    return all_of(g.active, g.receiver == caller, s.vm[caller].life == Life.LIVE, free)


def a_handle_to_map(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The receiver maps, within what was granted, through a handle that has no mapping of that kind yet."""
    space, page, rights = args["space"], args["page"], args["rights"]
    p, h = s.space[space], s.handle[args["handle"]]
    g = s.grant[h.grant]
    lent = all_of(h.live, g.receiver == p.vm, rights.within(g.rights), rights != NO_RIGHTS)
    unused = negate(any_of(all_of(p.io, h.device_use), all_of(negate(p.io), h.cpu_use)))
    room = all_of(has_empty_slot(s, space, page, Level.PAGE), is_clear(s, space, page, Level.PAGE))
    return all_of(builds_for(s, caller, p.vm), lent, unused, room)


# Address spaces and tables


def tag_is_free(s: MachineState, tag: Tag, io: bool) -> bool:
    """Say whether a tag is free, and of the side that is asked for."""
    return all_of(s.tag[tag].phase == TagPhase.FREE, tag.is_io == io)


def a_root(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A blank page of the pool becomes the root of a new address space under a free name and tag; a mirror is for devices."""
    owner = s.frame[args["root"]].owner
    free = all_of(negate(s.space[args["space"]].live), tag_is_free(s, args["tag"], args["io"]))
    return all_of(builds_for(s, caller, owner), is_pooled(s, owner, args["root"]), free, any_of(args["io"], negate(args["mirror"])))


def an_own_space(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A VM without an address space for its CPUs chooses one of its own that is not for devices."""
    v, p = s.vm[args["vm"]], s.space[args["space"]]
    return all_of(builds_for(s, caller, args["vm"]), negate(v.has_space), p.live, p.vm == args["vm"], negate(p.io))


def an_untagged_space(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """An address space without a tag takes a free one."""
    p = s.space[args["space"]]
    return all_of(builds_for(s, caller, p.vm), p.live, negate(p.tagged), tag_is_free(s, args["tag"], p.io))


def a_table_to_link(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A blank page of a VM's pool goes into an empty slot of an open table of its address space."""
    space, vm = args["space"], s.space[args["space"]].vm
    empty = all_of(args["level"] != Level.PAGE, has_empty_slot(s, space, args["page"], args["level"]))
    return all_of(builds_for(s, caller, vm), is_pooled(s, vm, args["child"]), empty)


def a_closed_table(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A closed table that still hangs in its address space."""
    t = s.table[args["table"]]
    return all_of(may_take_down(s, caller, s.space[t.space].vm), t.phase == TablePhase.CLOSING)


# Leaves


def a_page_in_place_of_another(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A page that a VM may have goes into an open slot whose leaf is unmapped; at most its flush is waited for."""
    space, page = args["space"], args["page"]
    there = slot_has(s, caller, {**args, "level": Level.PAGE}, EntryKind.STALE)
    room = all_of(there, is_open(s, space, page, Level.PAGE), is_clear(s, space, page, Level.PAGE))
    return all_of(builds_for(s, caller, s.space[space].vm), may_have(s, space, Level.PAGE, args["frame"], args["rights"]), room)


def rights_to_change(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A leaf gets some of the rights that it was mapped with."""
    most = s.slot_note[slot_of(s, args["space"], args["page"], args["level"])].max_cached_rights
    return all_of(slot_has(s, caller, args, EntryKind.LEAF), args["rights"].within(most), args["rights"] != NO_RIGHTS)


def a_leaf_to_split(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A large leaf is broken, for a table that a blank page of its VM's pool becomes."""
    pooled = is_pooled(s, s.space[args["space"]].vm, args["child"])
    return all_of(slot_has(s, caller, args, EntryKind.LEAF), args["level"] != Level.PAGE, pooled)


def a_leaf_in_a_range(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A leaf that lies wholly in a range of pages is removed."""
    page, end = args["page"], args["page"] | level_mask(args["level"])
    return all_of(slot_has(s, caller, args, EntryKind.LEAF), args["first"] <= page, end <= args["last"])


# Windows


def a_space_for_devices(s: MachineState, caller: Vm, space: Space) -> bool:
    """Say whether an address space is for devices, of a VM that the caller builds for."""
    p = s.space[space]
    return all_of(builds_for(s, caller, p.vm), p.live, p.io)


def is_width(args: dict[str, Any]) -> bool:
    """Say whether a device may drive so many address bits."""
    return all_of(args["width"] >= 24, args["width"] <= 64)


def a_job(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A job begins under a free name, with some rights, for a device of 24 to 64 bits."""
    free = all_of(args["job"] != 0, s.job[args["job"]].phase == JobPhase.NONE)
    return all_of(a_space_for_devices(s, caller, args["space"]), free, is_width(args), args["rights"] != NO_RIGHTS)


def is_at(s: MachineState, caller: Vm, args: dict[str, Any], phase: JobPhase) -> bool:
    """Say whether a job, of a VM that the caller builds for, is in a phase."""
    j = s.job[args["job"]]
    return all_of(builds_for(s, caller, j.vm), j.phase == phase)


def an_extent(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """An extent of frames that there are, with which the window still ends where the device can address it."""
    j, frame, pages = s.job[args["job"]], args["frame"], args["pages"]
    there = all_of(pages != 0, pages <= FRAMES, (pages - 1).to(Frame) <= Frame.last() - frame)
    behind = Page.last() - j.start - j.total
    fits = all_of(j.total <= Page.last() - j.start, pages - 1 <= behind, drives(j.width, j.start + (j.total + pages - 1)))
    return all_of(is_at(s, caller, args, JobPhase.LISTING), there, fits, j.total + pages != 0)


def a_page_of_a_window(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The next page of a window is free in its address space, and the frame that is to be there is the VM's own data."""
    j = s.job[args["job"]]
    x, page = s.extent[args["job"], j.extent], j.start + j.cursor
    f = s.frame[x.frame + j.within.to(Frame)]
    own = all_of(f.owner == j.vm, f.kind == FrameKind.DATA, j.rights != NO_RIGHTS)
    room = all_of(has_empty_slot(s, j.space, page, Level.PAGE), is_clear(s, j.space, page, Level.PAGE))
    return all_of(is_at(s, caller, args, JobPhase.MAPPING), own, room)


def a_search(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A search begins under a free name, for as many pages as a device of 24 to 64 bits can address."""
    free = s.search[args["job"]].phase == SearchPhase.NONE
    fits = all_of(args["total"] != 0, args["total"] - 1 <= last_page(args["width"]))
    return all_of(a_space_for_devices(s, caller, args["space"]), free, is_width(args), fits)


def a_search_under_way(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A search goes on while its VM has the address space."""
    x = s.search[args["job"]]
    p = s.space[x.space]
    return all_of(builds_for(s, caller, x.vm), x.phase == SearchPhase.LOOKING, p.live, p.io, p.vm == x.vm)


def a_search_that_was_begun(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """A search is forgotten, whatever it has come to."""
    x = s.search[args["job"]]
    return all_of(may_take_down(s, caller, x.vm), x.phase != SearchPhase.NONE)


# Invalidations and virtual functions


def a_power_of_two(_s: MachineState, _caller: Vm, args: dict[str, Any]) -> bool:
    """An aligned power of two of pages is invalidated for whoever asks."""
    page, mask = args["page"], args["mask"]
    return all_of((mask & (mask + 1)) == 0, (page & mask) == 0)


def a_virtual_function(s: MachineState, caller: Vm, args: dict[str, Any]) -> bool:
    """The next VF has a requester id behind its PF's bridge that can be told apart and that no function answers to."""
    pf, p, r = args["pf"], s.pf[args["pf"]], s.sriov[args["pf"]]
    before = choose(p.cursor == 0, pf, s.vf[pf, p.cursor - 1].rid)
    rid = before + choose(p.cursor == 0, r.offset, r.stride)
    apart = any_of(r.ari, (rid & 0xFFF8) == (pf & 0xFFF8), (rid & 0xFF00) != (pf & 0xFF00))
    free = all_of(rid >= before, is_behind_its_bridge(s, pf, rid), apart, negate(s.pcie[rid].present))
    return all_of(caller == HOST, p.phase == SriovPhase.ENUMERATING, free)


#: When an operation builds what a caller may have.
BUILDING: dict[str, Rule] = {
    "boot": lambda s, _caller, _args: negate(s.iommu.on),
    "create_vm": a_free_name,
    "start_vm": lambda s, caller, args: all_of(caller == HOST, s.vm[args["vm"]].life == Life.CREATED),
    "kill_vm": a_vm_that_is_not_dead,
    "create_vcpu": a_new_virtual_cpu,
    "load": a_virtual_cpu_and_a_cpu,
    "switch_in": a_space_to_run_in,
    "scrub": lambda s, _caller, args: frame_is(s, args, FrameKind.FREE),
    "transfer": a_frame_to_give,
    "begin_retype": a_frame_in_no_block,
    "cancel_retype": a_frame_on_its_way,
    "finish_retype": a_frame_to_retype,
    "unpool": lambda s, caller, args: all_of(
        builds_for(s, caller, s.frame[args["frame"]].owner), frame_is(s, args, FrameKind.POOL)
    ),
    "take_handle": a_received_grant,
    "map_granted": a_handle_to_map,
    "create_space": a_root,
    "use_space": an_own_space,
    "bind_tag": an_untagged_space,
    "link_table": a_table_to_link,
    "reopen_table": a_closed_table,
    "replace": a_page_in_place_of_another,
    "protect": rights_to_change,
    "confirm_downgrade": lambda s, caller, args: slot_has(s, caller, args, EntryKind.LEAF),
    "begin_split": a_leaf_to_split,
    "unmap_range": a_leaf_in_a_range,
    "job_begin": a_job,
    "job_extent": an_extent,
    "job_start": lambda s, caller, args: all_of(is_at(s, caller, args, JobPhase.LISTING), s.job[args["job"]].total != 0),
    "job_map": a_page_of_a_window,
    "search_begin": a_search,
    "search_step": a_search_under_way,
    "search_end": a_search_that_was_begun,
    "invalidate_pages": a_power_of_two,
    "invalidate_tag": lambda _s, _caller, _args: True,
    "invalidate_function": lambda _s, _caller, _args: True,
    "enumerate_vf": a_virtual_function,
}


@refusal
def what_is_built_of_ones_own_is_not_refused(s: MachineState, name: str, args: dict[str, Any], reason: Any) -> bool:
    """A VM, table, leaf, window or search is refused to whoever owns what it is made of for quota, luck or decision alone."""
    if name not in BUILDING or reason in (*EXCUSES, *DECIDED.get(name, ())):
        return True
    return negate(BUILDING[name](s, args.get("caller", HOST), args))
