"""Terms: what each means in one state that a run comes to, that it reads well, and that it can be asked of symbols."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from typing import Any

import pytest

from proofs.engine.maps import argument, symbolic_state, truth_node, word_node
from proofs.engine.paths import Run
from proofs.engine.terms import TRUE, Node
from proofs.search.replaying import arguments, take
from proofs.search.scenarios.runs.parts import created, its
from proofs.theorems.operations import terms
from proofs.theorems.operations.terms import core, devices, memory, ranges, tables, vms
from proofs.theorems.operations.terms.core import Cell, Fact, Flag, Term, Value, arg, named
from pymodel.hardware.ids import AddressWidth, Cpu, Frame, Index, Layout, Level, Page, Rid, Rights, Tag, Ticket, Vcpu, Vf, Vm
from pymodel.hardware.invalidation import Scope
from pymodel.hardware.iommu import ContextMode
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.devices import FunctionPhase, SriovPhase
from pymodel.hypervisor.ids import AccountKind, Count, Grant, Handle, Job, Pin, Space, account
from pymodel.hypervisor.jobs.ranges import JobPhase
from pymodel.hypervisor.jobs.windows import SearchPhase
from pymodel.hypervisor.memory import BlockPhase, FrameKind
from pymodel.hypervisor.spaces import TagPhase
from pymodel.hypervisor.tables import TablePhase
from pymodel.hypervisor.vms import Life
from pymodel.machine import Hypervisor, MachineState, steps
from pymodel.platforms import PLATFORMS

HOST, A, B = 2, 3, 4
#: Frames of A's: three for the tables of its own space, three for its devices', data that is mapped, pinned and listed.
TABLES, IO_TABLES, MAPPED, PINNED, LISTED = (0x10, 0x11, 0x12), (0x13, 0x14, 0x15), 0x16, 0x17, 0x18
TAG, IO_TAG = 5, 0x10005
#: Things of A's, by their names: address spaces, a pin, a grant, a job and a search; and a handle of B's.
OWN, IO, UNTAGGED, NAMED, HANDLE = its(A, 1), its(A, 2), its(A, 3), its(A, 1), its(B, 1)
DEVICE, PF = 0x10, 0xFE00


def space(number: int, tag: int, frames: tuple[int, ...], io: int) -> list[tuple[str, dict[str, int]]]:
    """Return the steps that make an address space of A's with a table of each level for its first pages."""
    root, middle, low = frames
    link = {"caller": HOST, "space": number, "page": 0}
    return [
        *created(HOST, number, root, tag, io),
        ("link_table", {**link, "level": 2, "child": middle}),
        ("link_table", {**link, "level": 1, "child": low}),
    ]


def pooled(frame: int) -> list[tuple[str, dict[str, int]]]:
    """Return the steps that make a frame of A's a blank page for tables."""
    return [(name, {"caller": HOST, "frame": frame}) for name in ("begin_retype", "finish_retype")]


GIVEN = (MAPPED, PINNED, LISTED, LISTED + 1, 0x200, 0x201)
SCRIPT: list[tuple[str, dict[str, int]]] = [
    ("boot", {}),
    *(("create_vm", {"caller": HOST, "vm": vm}) for vm in (A, B)),
    *(
        ("donate", {"caller": HOST, "vm": A, "frame": f})
        for f in (*TABLES, *IO_TABLES, MAPPED, PINNED, LISTED, LISTED + 1, 0x200, 0x201, 0x202)
    ),
    *(step for f in (*TABLES, *IO_TABLES, 0x202) for step in pooled(f)),
    *space(OWN, TAG, TABLES, 0),
    *space(IO, IO_TAG, IO_TABLES, 1),
    created(HOST, UNTAGGED, 0x202, 9, 0)[0],
    ("use_space", {"caller": HOST, "vm": A, "space": OWN}),
    ("map", {"caller": HOST, "space": OWN, "page": 7, "level": 0, "frame": MAPPED, "rights": 3}),
    ("pin", {"caller": HOST, "pin": NAMED, "frame": PINNED}),
    ("share", {"caller": HOST, "grant": NAMED, "frame": MAPPED, "to": B, "rights": 1}),
    ("assemble", {"caller": HOST, "level": 1, "base": 0x200}),
    ("create_vcpu", {"caller": HOST, "vm": A, "vcpu": 1}),
    *(("start_vm", {"caller": HOST, "vm": vm}) for vm in (A, B)),
    ("accept", {"caller": A, "grant": NAMED}),
    ("take_handle", {"caller": B, "handle": HANDLE, "grant": NAMED}),
    ("load", {"cpu": 0, "vcpu": 1}),
    ("switch_in", {"cpu": 0}),
    ("invalidate_tag", {"tag": TAG}),
    ("invalidate_pages", {"tag": IO_TAG, "page": 4, "mask": 3}),
    ("invalidate_function", {"rid": DEVICE}),
    ("reset_function", {"caller": HOST, "rid": DEVICE}),
    ("drain_function", {"caller": HOST, "rid": DEVICE}),
    ("attach", {"caller": HOST, "rid": DEVICE, "vm": A, "space": IO}),
    ("set_master", {"caller": A, "rid": DEVICE, "on": 1}),
    ("set_ari", {"caller": HOST, "pf": PF, "on": 1, "offset": 0, "stride": 0}),
    ("set_num_vfs", {"caller": HOST, "pf": PF, "number": 3, "offset": 1, "stride": 2}),
    ("enable_vfs", {"caller": HOST, "pf": PF}),
    ("enumerate_vf", {"caller": HOST, "pf": PF}),
    ("job_begin", {"caller": A, "job": NAMED, "space": IO, "start": 0x40, "rights": 3, "width": 32}),
    ("job_extent", {"caller": A, "job": NAMED, "frame": LISTED, "pages": 2}),
    ("job_start", {"caller": A, "job": NAMED}),
    ("job_map", {"caller": A, "job": NAMED}),
    ("search_begin", {"caller": A, "job": NAMED, "space": IO, "total": 5, "level": 0, "width": 40}),
    ("search_step", {"caller": A, "job": NAMED}),
    ("search_step", {"caller": A, "job": NAMED}),
]
#: What the arguments of the terms are.
ARGS: dict[str, Any] = {
    "caller": Vm(A),
    "vm": Vm(A),
    "to": Vm(B),
    "vcpu": Vcpu(1),
    "cpu": Cpu(0),
    "frame": Frame(MAPPED),
    "free": Frame(0x20),
    "spare": Frame(0x200),
    "root": Frame(TABLES[0]),
    "middle": Frame(TABLES[1]),
    "table": Frame(TABLES[2]),
    "level": Level.BLOCK,
    "base": Frame(0x200),
    "pin": Pin(NAMED),
    "grant": Grant(NAMED),
    "handle": Handle(HANDLE),
    "space": Space(OWN),
    "devices": Space(IO),
    "tag": Tag(TAG),
    "unused": Tag(9),
    "io": False,
    "page": Page(7),
    "empty": Page(8),
    "mapped": Page(0x40),
    "first": Page(7),
    "last": Page(9),
    "rights": Rights(1),
    "none": Rights(0),
    "rid": Rid(DEVICE),
    "pf": Rid(PF),
    "mask": Page(7),
    "three": Page(3),
    "job": Job(NAMED),
    "width": AddressWidth(32),
    "narrow": AddressWidth(20),
    "pages": Page(2),
    "total": Page(3),
}
T = {name: arg(name) for name in ARGS}
FIRST, SECOND, THIRD = (named(text, Ticket(n)) for n, text in enumerate(("the first", "the second", "the third"), 1))
SLOT = tables.slot_at(T["space"], T["page"])
EMPTY = tables.slot_at(T["space"], T["empty"])
EXTENT = core.pair(T["job"], named("0", Count(0)))


@functools.cache
def state() -> MachineState:
    """Return the state that the run comes to."""
    known = {t.name: t for t in steps(Hypervisor())}
    s: Any = PLATFORMS["small"]()
    for number, (name, raw) in enumerate(SCRIPT):
        s, refused = take(known[name], s, arguments(known[name], raw, number))
        assert not refused, name
    assert isinstance(s, MachineState)
    return s


#: What each term is there.
MEANS: list[tuple[Term, Any]] = [
    # who asks
    (vms.is_host(), False),
    (vms.caller_is(T["vm"]), True),
    (vms.live_caller_is(T["vm"]), True),
    (vms.live_caller_is(T["to"]), False),
    (vms.builds_for(T["vm"]), True),
    (vms.builds_for(T["to"]), False),
    (vms.looks_after(T["vm"]), True),
    (vms.looks_after(T["to"]), False),
    # VMs and CPUs
    (vms.is_vm(T["vm"]), True),
    (vms.is_vm(core.nobody()), False),
    (vms.exists(T["to"]), True),
    (vms.exists(core.THE_HYPERVISOR), False),
    (vms.life_of(T["vm"]), Life.LIVE),
    (vms.has_space(T["vm"]), True),
    (vms.has_space(T["to"]), False),
    (vms.space_used_by(T["vm"]), Space(OWN)),
    (vms.vcpu_exists(T["vcpu"]), True),
    (vms.whose(T["space"]), Vm(A)),
    (vms.vm_of_vcpu(T["vcpu"]), Vm(A)),
    (vms.is_loaded(T["vcpu"]), True),
    (vms.loaded_on(T["vcpu"]), Cpu(0)),
    (vms.vcpu_on(T["cpu"]), Vcpu(1)),
    (vms.runs(T["cpu"]), True),
    (vms.tag_on(T["cpu"]), Tag(TAG)),
    (vms.root_on(T["cpu"]), Frame(TABLES[0])),
    (vms.space_entered_by(T["cpu"]), Space(OWN)),
    # accounts and frames
    (memory.account_of(AccountKind.SPACES, T["vm"]), account(AccountKind.SPACES, Vm(A))),
    (memory.counted(memory.account_of(AccountKind.SPACES, T["vm"])), 3),
    (memory.unused(AccountKind.SPACES, T["vm"]), False),
    (memory.unused(AccountKind.SPACES, T["to"]), True),
    (memory.unused(AccountKind.MAPPINGS, T["base"], T["level"]), True),
    (memory.how_many(AccountKind.SPACES, T["vm"]), Count(3)),
    (memory.how_many(AccountKind.MAPPINGS, T["base"], T["level"]), Count(0)),
    (memory.is_full(AccountKind.SPACES, T["vm"]), False),
    (memory.owner_of(T["frame"]), Vm(A)),
    (memory.kind_of(T["frame"]), FrameKind.DATA),
    (memory.kind_of(T["free"]), FrameKind.FREE),
    (memory.is_clean(T["frame"]), False),
    (memory.is_clean(T["free"]), True),
    (memory.is_fresh(T["frame"]), True),
    (memory.is_own_data(T["frame"]), True),
    (memory.is_own_data(T["root"]), False),
    (memory.is_pooled(T["frame"], T["vm"]), False),
    (memory.is_in_no_block(T["frame"]), True),
    (memory.is_in_no_block(T["base"]), False),
    (memory.is_unreferenced(T["frame"]), False),
    (memory.is_unreferenced(T["free"]), True),
    # blocks, pins, grants
    (memory.block_phase(T["level"], T["base"]), BlockPhase.ASSEMBLING),
    (memory.frames_taken_in(T["level"], T["base"]), Frame(1)),
    (memory.block_owner(T["level"], T["base"]), Vm(A)),
    (memory.frame_assembled_next(T["level"], T["base"]), Frame(0x201)),
    (memory.is_block_base(T["level"], T["base"]), True),
    (memory.is_block_base(T["level"], T["frame"]), False),
    (memory.pin_is_live(T["pin"]), True),
    (memory.pinned_frame(T["pin"]), Frame(PINNED)),
    (memory.grant_is_active(T["grant"]), True),
    (memory.is_offered(T["grant"]), False),
    (memory.granter_of(T["grant"]), Vm(A)),
    (memory.receiver_of(T["grant"]), Vm(B)),
    (memory.granted_frame(T["grant"]), Frame(MAPPED)),
    (memory.granted_rights(T["grant"]), Rights(1)),
    (memory.handle_is_live(T["handle"]), True),
    (memory.grant_behind(T["handle"]), Grant(NAMED)),
    (memory.has_cpu_mapping(T["handle"]), False),
    (memory.has_device_mapping(T["handle"]), False),
    # address spaces and tables
    (tables.space_is_live(T["space"]), True),
    (tables.vm_of_space(T["space"]), Vm(A)),
    (tables.root_of(T["space"]), Frame(TABLES[0])),
    (tables.is_for_devices(T["space"]), False),
    (tables.is_for_devices(T["devices"]), True),
    (tables.is_mirror(T["devices"]), False),
    (tables.layout_of(T["space"]), Layout(0)),
    (tables.is_tagged(T["space"]), True),
    (tables.tag_of(T["space"]), Tag(TAG)),
    (tables.tag_phase(T["tag"]), TagPhase.BOUND),
    (tables.tag_is_free(T["tag"], T["io"]), False),
    (tables.tag_is_free(T["unused"], T["io"]), True),
    (tables.has_usable_tag(T["space"]), True),
    (tables.table_phase(T["table"]), TablePhase.LINKED),
    (tables.space_of_table(T["table"]), Space(OWN)),
    (tables.level_of_table(T["middle"]), Level.BLOCK),
    (tables.is_scanned(T["table"]), False),
    (tables.next_slot(T["table"]), (Frame(TABLES[2]), Index(0))),
    (tables.parent_slot(T["table"]), (Frame(TABLES[1]), Index(0))),
    (tables.next_piece(T["table"]), Frame(TABLES[2])),
    # leaves
    (SLOT, (Frame(TABLES[2]), Index(7))),
    (tables.entry_kind(SLOT), EntryKind.LEAF),
    (tables.entry_frame(SLOT), Frame(MAPPED)),
    (tables.entry_rights(SLOT), Rights(3)),
    (tables.entry_handle(SLOT), Handle(0)),
    (tables.is_split(SLOT), False),
    (tables.child_of_slot(SLOT), Frame(0)),
    (tables.other_half(SLOT), (Frame(0), Index(0))),
    (tables.removed_since(SLOT), Ticket(0)),
    (tables.unlinked_since(T["root"]), Ticket(0)),
    (tables.retired_since(T["tag"]), Ticket(0)),
    (tables.mapped_rights(SLOT), Rights(3)),
    (tables.is_open(T["space"], T["page"]), True),
    (tables.is_open(T["space"], T["page"], T["level"]), False),
    (tables.has_empty_slot(T["space"], T["page"]), False),
    (tables.has_empty_slot(T["space"], T["empty"]), True),
    (tables.is_reserved(T["devices"], named("the window", Page(0xFEE00))), True),
    (tables.is_reserved(T["devices"], T["page"]), False),
    (tables.is_clear(T["devices"], named("the window", Page(0xFEE00))), False),
    (tables.is_clear(T["space"], named("the window", Page(0xFEE00))), True),
    (tables.may_have(T["space"], tables.A_PAGE, T["frame"], T["rights"]), True),
    (tables.may_have(T["space"], tables.A_PAGE, T["free"], T["rights"]), False),
    (tables.may_have(T["space"], tables.A_PAGE, T["frame"], T["none"]), False),
    (tables.may_map(T["space"], T["empty"], tables.A_PAGE, T["frame"], T["rights"]), True),
    (tables.may_map(T["space"], T["page"], tables.A_PAGE, T["frame"], T["rights"]), False),
    (tables.has_some(T["rights"]), True),
    (tables.has_some(T["none"]), False),
    (tables.within(T["none"], T["rights"]), True),
    (tables.within(T["rights"], T["none"]), False),
    (tables.has_loose_entry(T["space"], T["page"], tables.A_PAGE, EntryKind.LEAF), True),
    (tables.has_loose_entry(T["devices"], T["mapped"], tables.A_PAGE, EntryKind.LEAF), False),
    (tables.mirrors_once(T["space"], T["page"]), True),
    (tables.mirrors_once(T["space"], T["empty"]), False),
    (tables.lies_inside(T["page"], tables.A_PAGE, T["first"], T["last"]), True),
    (tables.lies_inside(T["page"], T["level"], T["first"], T["last"]), False),
    (tables.has_leaf(T["space"], T["page"]), True),
    (tables.has_leaf(T["space"], T["empty"]), False),
    (tables.leaf_frame(T["space"], T["page"]), Frame(MAPPED)),
    (tables.leaf_rights(T["space"], T["page"]), Rights(3)),
    # the IOMMU and functions
    (devices.iommu_is_on(), True),
    (devices.next_ticket(), Ticket(4)),
    (devices.issued_scope(FIRST), Scope.TAG),
    (devices.issued_tag(FIRST), Tag(TAG)),
    (devices.issued_page(SECOND), Page(4)),
    (devices.issued_mask(SECOND), Page(3)),
    (devices.issued_to(THIRD), Rid(DEVICE)),
    (devices.is_done(FIRST), False),
    (devices.is_whole_flush(FIRST, T["tag"], tables.removed_since(SLOT)), False),
    (devices.is_functions_flush(THIRD, T["rid"]), False),
    (devices.last_issued_is_done(), False),
    (devices.is_power_of_two(T["mapped"], T["mask"]), True),
    (devices.is_power_of_two(T["page"], T["mask"]), False),
    (devices.is_present(T["rid"]), True),
    (devices.owner_of_function(T["rid"]), Vm(A)),
    (devices.function_phase(T["rid"]), FunctionPhase.ATTACHED),
    (devices.space_of_function(T["rid"]), Space(IO)),
    (devices.masters(T["rid"]), True),
    (devices.residue_of(T["rid"]), Vm(A)),
    (devices.context_mode(T["rid"]), ContextMode.STAGE2),
    (devices.context_tag(T["rid"]), Tag(IO_TAG)),
    (devices.context_root(T["rid"]), Frame(IO_TABLES[0])),
    (devices.group_of(T["rid"]), 1),
    (devices.group_is_free_for(T["rid"], T["vm"]), True),
    (devices.group_is_free_for(T["rid"], T["to"]), False),
    (devices.layout_of_function(T["rid"]), Layout(0)),
    (devices.is_up(T["rid"]), True),
    (devices.is_up(devices.vf_rid(devices.last_vf(T["pf"]))), False),
    (devices.is_served_for(T["rid"]), True),
    (devices.is_served_for(T["pf"]), False),
    # SR-IOV
    (devices.can_have_vfs(T["pf"]), True),
    (devices.can_have_vfs(T["rid"]), False),
    (devices.vf_phase(T["pf"]), SriovPhase.ENUMERATING),
    (devices.vfs_possible(T["pf"]), Vf(512)),
    (devices.number_of_vfs(T["pf"]), Vf(3)),
    (devices.has_ari(T["pf"]), True),
    (devices.vf_offset(T["pf"]), Rid(1)),
    (devices.vf_stride(T["pf"]), Rid(2)),
    (devices.vfs_entered(T["pf"]), Vf(1)),
    (devices.at_most(devices.vfs_entered(T["pf"]), devices.number_of_vfs(T["pf"])), True),
    (devices.at_most(devices.vfs_possible(T["pf"]), devices.number_of_vfs(T["pf"])), False),
    (devices.next_vf(T["pf"]), (Rid(PF), Vf(1))),
    (devices.last_vf(T["pf"]), (Rid(PF), Vf(0))),
    (devices.vf_rid(devices.last_vf(T["pf"])), Rid(PF + 1)),
    (devices.next_rid(T["pf"]), Rid(PF + 3)),
    (devices.vf_can_be_entered(T["pf"]), True),
    # ranges
    (ranges.job_phase(T["job"]), JobPhase.MAPPING),
    (ranges.vm_of_job(T["job"]), Vm(A)),
    (ranges.space_of_job(T["job"]), Space(IO)),
    (ranges.start_of_job(T["job"]), Page(0x40)),
    (ranges.rights_of_job(T["job"]), Rights(3)),
    (ranges.width_of_job(T["job"]), AddressWidth(32)),
    (ranges.pages_of_job(T["job"]), Page(2)),
    (ranges.extents_of_job(T["job"]), 1),
    (ranges.pages_mapped(T["job"]), Page(1)),
    (ranges.next_extent(T["job"]), (Job(NAMED), 1)),
    (ranges.next_page(T["job"]), Page(0x41)),
    (ranges.next_frame(T["job"]), Frame(LISTED + 1)),
    (ranges.next_frame_is_its_vms(T["job"]), True),
    (ranges.last_placed(T["job"]), (Frame(IO_TABLES[2]), Index(0x40))),
    (ranges.last_is_removed(T["job"]), False),
    (ranges.is_width(T["width"]), True),
    (ranges.is_width(T["narrow"]), False),
    (ranges.extent_fits(T["job"], T["frame"], T["pages"]), True),
    (ranges.extent_fits(T["job"], T["frame"], named("too many", Page(1 << 45))), False),
    (tables.entry_job(tables.slot_at(T["devices"], T["mapped"])), Job(NAMED)),
    # searches
    (ranges.search_phase(T["job"]), SearchPhase.LOOKING),
    (ranges.vm_of_search(T["job"]), Vm(A)),
    (ranges.space_of_search(T["job"]), Space(IO)),
    (ranges.pages_sought(T["job"]), Page(5)),
    (ranges.level_sought(T["job"]), Level.PAGE),
    (ranges.width_sought(T["job"]), AddressWidth(40)),
    (ranges.start_looked_at(T["job"]), Page(0)),
    (ranges.pages_seen_free(T["job"]), Page(2)),
    (ranges.window_exists(T["total"], T["width"]), True),
    (ranges.window_exists(named("too many", Page.last()), T["width"]), False),
    # joined
    (core.both(vms.runs(T["cpu"]), vms.is_host()), False),
    (core.either(vms.runs(T["cpu"]), vms.is_host()), True),
    (core.no(vms.is_host()), True),
    (core.always("at all times"), True),
    (core.unless(vms.runs(T["cpu"]), vms.is_host()), True),
    (core.unless(vms.is_host(), vms.runs(T["cpu"])), True),
    (core.unless(vms.is_host(), vms.is_host()), False),
    (core.is_(T["vm"], core.THE_HOST, Vm(A)), True),
    (core.is_(T["vm"], core.THE_HOST), False),
    (core.differs(T["vm"], core.THE_HOST), True),
    (core.is_true(T["io"]), False),
    (core.plus(T["page"], 2), Page(9)),
    (core.plus(T["page"], -2), Page(5)),
    (core.sum_of(T["page"], T["empty"]), Page(15)),
    (core.pair(T["page"], T["vm"]), (Page(7), Vm(A))),
]


@pytest.mark.parametrize(("term", "expected"), MEANS, ids=[str(term) for term, _ in MEANS])
def test_what_a_term_means(term: Term, expected: Any) -> None:
    """A term says of the state what the run has made of it."""
    found = term(state(), ARGS)
    assert found == expected if isinstance(expected, tuple) else bool(found == expected)
    assert isinstance(term, Fact) == (expected is True or expected is False)


SHARED = {"caller": A, "grant": its(A, 9), "frame": LISTED, "to": B, "rights": 1}
#: Facts about what a step has done: the step, the fact, and whether it is so.
DONE: list[tuple[str, dict[str, int], Fact, bool]] = [
    ("donate", {"caller": HOST, "vm": A, "frame": 0x20}, core.becomes(memory.owner_of(T["frame"]), T["vm"]), True),
    ("donate", {"caller": HOST, "vm": A, "frame": 0x20}, core.becomes(memory.owner_of(T["frame"]), core.nobody(), T["vm"]), True),
    ("donate", {"caller": HOST, "vm": A, "frame": 0x20}, core.becomes(memory.is_clean(T["frame"]), False), True),
    ("donate", {"caller": HOST, "vm": A, "frame": 0x20}, core.keeps(memory.owner_of(T["frame"])), False),
    ("donate", {"caller": HOST, "vm": A, "frame": 0x20}, core.keeps(memory.is_clean(T["frame"])), False),
    ("donate", {"caller": HOST, "vm": A, "frame": 0x20}, memory.one_more(AccountKind.FRAMES, T["vm"]), True),
    ("assemble_on", {"caller": A, "level": 1, "base": 0x200}, memory.takes_in_the_next(T["level"], T["base"]), True),
    ("dissolve", {"caller": A, "level": 1, "base": 0x200}, memory.takes_in_the_next(T["level"], T["base"]), False),
    ("donate", {"caller": HOST, "vm": A, "frame": 0x20}, memory.one_less(AccountKind.FRAMES, T["vm"]), False),
    ("donate", {"caller": HOST, "vm": A, "frame": 0x20}, memory.one_less(AccountKind.FRAMES, core.nobody()), True),
    (
        "donate",
        {"caller": HOST, "vm": A, "frame": 0x20},
        core.turns(memory.kind_of(T["frame"]), (FrameKind.FREE, FrameKind.DATA), (FrameKind.DATA, FrameKind.FREE)),
        True,
    ),
    (
        "donate",
        {"caller": HOST, "vm": A, "frame": 0x20},
        core.turns(memory.kind_of(T["frame"]), (FrameKind.DATA, FrameKind.FREE)),
        False,
    ),
    (
        "map",
        {"caller": A, "space": OWN, "page": 8, "level": 0, "frame": LISTED, "rights": 1},
        tables.maps(T["space"], T["page"], T["level"], T["frame"], T["rights"]),
        True,
    ),
    (
        "protect",
        {"caller": A, "space": OWN, "page": 7, "level": 0, "rights": 1},
        tables.keeps_its_frame(T["space"], T["page"], T["level"], T["rights"]),
        True,
    ),
    (
        "protect",
        {"caller": A, "space": OWN, "page": 7, "level": 0, "rights": 1},
        tables.settles(tables.slot_at(T["space"], T["page"])),
        False,
    ),
    (
        "unmap",
        {"caller": A, "space": OWN, "page": 7, "level": 0},
        tables.maps_nothing(T["space"], T["page"], T["level"]),
        True,
    ),
    (
        "map_granted",
        {"caller": A, "space": OWN, "page": 7, "handle": HANDLE, "rights": 1},
        tables.goes_through(T["space"], T["page"], T["handle"]),
        False,
    ),
    ("search_step", {"caller": A, "job": NAMED}, ranges.goes_on(T["job"]), True),
    (
        "job_extent",
        {"caller": A, "job": NAMED, "frame": 1, "pages": 1},
        core.becomes(ranges.extent_frame(EXTENT), Frame(LISTED)),
        True,
    ),
    (
        "job_extent",
        {"caller": A, "job": NAMED, "frame": 1, "pages": 1},
        core.becomes(ranges.extent_pages(EXTENT), Page(2)),
        True,
    ),
    ("bind_tag", {"caller": HOST, "space": UNTAGGED, "tag": 9}, tables.gets_a_free_tag(T["space"]), True),
    ("unmap", {"caller": A, "space": OWN, "page": 7, "level": 0}, tables.gets_a_free_tag(T["space"]), False),
    ("share", SHARED, core.unless(core.is_(T["caller"], Vm(A)), core.becomes(memory.is_offered(T["grant"]), True)), True),
    ("share", SHARED, core.unless(core.is_(T["caller"], Vm(B)), core.becomes(memory.is_offered(T["grant"]), True)), False),
    (
        "link_table",
        {"caller": A, "space": OWN, "page": 0, "level": 1, "child": TABLES[2]},
        tables.links(tables.slot_at(T["space"], T["page"], T["level"]), arg("child")),
        True,
    ),
]


@pytest.mark.parametrize(("name", "raw", "fact", "expected"), DONE, ids=[f"{n}: {fact}" for n, _, fact, _ in DONE])
def test_what_a_step_has_done(name: str, raw: dict[str, int], fact: Fact, expected: bool) -> None:
    """A fact about the state after a step is asked of both states; what a refused step leaves is the state before it."""
    step = {t.name: t for t in steps(Hypervisor())}[name]
    given = arguments(step, raw, 0)
    after, _ = take(step, state(), given)
    assert bool(fact(state(), given, after)) is expected


@pytest.mark.parametrize("term", [term for term, _ in MEANS], ids=[str(term) for term, _ in MEANS])
def test_a_term_of_symbols_does_not_fork(term: Term) -> None:
    """In an arbitrary state with arbitrary arguments a term is one formula: no Python truth is asked of it."""
    given = {name: argument(type(word), f"arg!{name}") for name, word in ARGS.items()}
    run = Node.current = Run([], None, TRUE)
    try:
        found = term(symbolic_state(MachineState), given)
    finally:
        Node.current = None
    assert run.taken == []
    for word in found if isinstance(found, tuple) else (found,):
        assert isinstance(truth_node(word) if isinstance(term, Fact) else word_node(word), Node)


def test_each_term_is_tried() -> None:
    """Each function that makes a term has a docstring of one sentence, and its meaning is tried here."""
    makers = {
        name: function
        for module in [importlib.import_module(found.name) for found in pkgutil.iter_modules(terms.__path__, f"{terms.__name__}.")]
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and function.__annotations__.get("return") in ("Cell", "Fact", "Flag", "Value", "Term")
    }
    source = inspect.getsource(inspect.getmodule(test_each_term_is_tried))  # type: ignore[arg-type]
    untried = [name for name in makers if f".{name}(" not in source and f" {name}(" not in source]
    assert set(untried) <= {"value", "fact", "cell", "flag", "lifted"}, untried
    assert all((function.__doc__ or "").strip().endswith(".") for function in makers.values())
    assert len(makers) > 120
    assert all(isinstance(term, Cell | Flag | Fact | Value) for term, _ in MEANS)
