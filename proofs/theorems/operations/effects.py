"""Effects: an operation that was not refused did what it says, and what is being torn down only shrinks."""

from __future__ import annotations

from typing import Any

from proofs.statements import Area, step
from pymodel.hardware.ids import HOST, NOBODY, Cpu, Frame, Index, Level, Page, Vm, page_index, slot_page
from pymodel.hardware.memory import Entry, EntryKind
from pymodel.hypervisor.ids import AccountKind, Job, Space, account
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.ranges import JobPhase
from pymodel.hypervisor.tables import TablePhase
from pymodel.hypervisor.vms import Life
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.language.words import choose
from pymodel.machine import MachineState

AREA = Area("effects", promise=True)


def slots(s: MachineState, space: Space, page: Page) -> tuple[Entry, Entry, Entry]:
    """Return what stands for a page in the root and, were the entry above a link, in the tables of the two levels below."""
    upper = s.memory[s.space[space].root, page_index(page, Level.HUGE)]
    lower = s.memory[upper.frame, page_index(page, Level.BLOCK)]
    return upper, lower, s.memory[lower.frame, page_index(page, Level.PAGE)]


def slot_of(s: MachineState, space: Space, page: Page, level: Level) -> tuple[Frame, Index]:
    """Return the slot of that level for a page, were the entries above it links."""
    upper, lower, _ = slots(s, space, page)
    root = s.space[space].root
    return choose(level == Level.HUGE, root, choose(level == Level.BLOCK, upper.frame, lower.frame)), page_index(page, level)


def is_linked(s: MachineState, space: Space, page: Page, level: Level) -> bool:
    """Say whether the entries above that level for a page are links."""
    upper, lower, _ = slots(s, space, page)
    return all_of(
        any_of(level == Level.HUGE, upper.kind == EntryKind.LINK), any_of(level != Level.PAGE, lower.kind == EntryKind.LINK)
    )


def translation(s: MachineState, space: Space, page: Page, level: Level) -> Entry:
    """Return the entry of that level that an address space has for a page, going through its links; an empty one if none."""
    e = s.memory[slot_of(s, space, page, level)]
    return e.replace(kind=choose(is_linked(s, space, page, level), e.kind, EntryKind.NONE))


@step
def a_page_is_mapped_as_asked(s: MachineState, name: str, args: dict[str, Any], after: MachineState) -> bool:
    """Mapping a page makes it translate to the frame named, with the rights named; protecting changes the rights alone."""
    if name in ("map", "replace", "handle_fault"):
        space = s.function[args["rid"]].space if name == "handle_fault" else args["space"]
        e = translation(after, space, args["page"], args.get("level", Level.PAGE))
        return all_of(e.kind == EntryKind.LEAF, e.frame == args["frame"], e.rights == args["rights"])
    if name == "map_granted":
        e, slot = (
            translation(after, args["space"], args["page"], Level.PAGE),
            slot_of(after, args["space"], args["page"], Level.PAGE),
        )
        granted = s.grant[s.handle[args["handle"]].grant].frame
        return all_of(
            e.kind == EntryKind.LEAF, e.frame == granted, e.rights == args["rights"], after.slot_note[slot].handle == args["handle"]
        )
    if name == "mirror_page":
        own = translation(s, s.vm[s.space[args["space"]].vm].space, args["page"], Level.PAGE)
        e = translation(after, args["space"], args["page"], Level.PAGE)
        return all_of(e.kind == EntryKind.LEAF, own.kind == EntryKind.LEAF, e.frame == own.frame, e.rights == own.rights)
    if name == "protect":
        old = translation(s, args["space"], args["page"], args["level"])
        e = translation(after, args["space"], args["page"], args["level"])
        return all_of(e.kind == EntryKind.LEAF, e.frame == old.frame, e.rights == args["rights"])
    if name in ("unmap", "release"):
        return translation(after, args["space"], args["page"], args["level"]).kind != EntryKind.LEAF
    return True


@step
def a_split_block_translates_alike(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, table: Frame, i: Index
) -> bool:
    """The table that takes a large leaf's place maps each piece of the block to the same frame with the same rights."""
    if name != "finish_split":
        return True
    t = s.table[args["child"]]
    whole, piece = s.memory[t.parent, t.slot], after.memory[table, i]
    link = after.memory[t.parent, t.slot]
    return all_of(
        link.kind == EntryKind.LINK,
        link.frame == args["child"],
        implies(
            all_of(table == args["child"], i <= Index(511)),
            all_of(
                piece.kind == EntryKind.LEAF,
                piece.frame == whole.frame | slot_page(Page(0), i, t.level).to(Frame),
                piece.rights == whole.rights,
            ),
        ),
    )


@step
def a_job_is_for_the_window_asked_for(s: MachineState, name: str, args: dict[str, Any], after: MachineState) -> bool:
    """A job keeps the address space, the first page, the rights and the device's width that it was begun with."""
    del s
    if name != "job_begin":
        return True
    j = after.job[args["job"]]
    return all_of(
        j.space == args["space"], j.start == args["start"], j.rights == args["rights"], j.width == args["width"], j.cursor == 0
    )


@step
def a_job_keeps_its_window(s: MachineState, name: str, args: dict[str, Any], after: MachineState, job: Job) -> bool:
    """While a job is under way its window, its device's width and its rights stay as they are."""
    del name, args
    old, new = s.job[job], after.job[job]
    same = all_of(old.space == new.space, old.start == new.start, old.rights == new.rights, old.width == new.width)
    return implies(all_of(old.cursor != 0, new.cursor != 0), all_of(same, old.total == new.total, old.extents == new.extents))


#: What may follow what in a job, by the operation on it.
JOB_PHASES = {
    "job_begin": ((JobPhase.NONE, JobPhase.LISTING),),
    "job_extent": ((JobPhase.LISTING, JobPhase.LISTING),),
    "job_start": ((JobPhase.LISTING, JobPhase.MAPPING),),
    "job_map": ((JobPhase.MAPPING, JobPhase.MAPPING), (JobPhase.MAPPING, JobPhase.DONE)),
    "job_undo": tuple((phase, JobPhase.UNDOING) for phase in (JobPhase.LISTING, JobPhase.MAPPING, JobPhase.DONE)),
    "undo_unmap": ((JobPhase.UNDOING, JobPhase.UNDOING),),
    "undo_release": ((JobPhase.UNDOING, JobPhase.UNDOING),),
    "job_end": ((JobPhase.UNDOING, JobPhase.NONE),),
}


@step
def a_job_goes_one_way(s: MachineState, name: str, args: dict[str, Any], after: MachineState, job: Job) -> bool:
    """A job is listed, mapped page by page, and undone from wherever it stopped; no operation is taken out of its turn."""
    old, new = s.job[job].phase, after.job[job].phase
    if name not in JOB_PHASES:
        return old == new
    in_turn = any_of(*(all_of(old == a, new == b) for a, b in JOB_PHASES[name]))
    return any_of(all_of(job == args["job"], in_turn), all_of(job != args["job"], old == new))


#: What may follow what in the life of a VM.
LIVES = (
    (Life.ABSENT, Life.CREATED),
    (Life.CREATED, Life.LIVE),
    (Life.CREATED, Life.DYING),
    (Life.LIVE, Life.DYING),
    (Life.DYING, Life.DRAINED),
    (Life.DRAINED, Life.EMPTY),
    (Life.EMPTY, Life.ABSENT),
)


@step
def a_life_goes_one_way(s: MachineState, name: str, args: dict[str, Any], after: MachineState, vm: Vm) -> bool:
    """A VM is created, live, dying, drained, empty and gone, in that order; the host is live from boot on."""
    del args
    old, new = s.vm[vm].life, after.vm[vm].life
    booted = all_of(vm == HOST, new == Life.LIVE) if name == "boot" else old == new
    return any_of(old == new, booted, *(all_of(old == a, new == b) for a, b in LIVES))


@step
def only_a_live_vm_is_run(s: MachineState, name: str, args: dict[str, Any], after: MachineState, cpu: Cpu) -> bool:
    """A CPU begins to run a virtual CPU only if its VM is live."""
    del name, args
    old, new = s.cpu[cpu], after.cpu[cpu]
    begins = any_of(all_of(negate(old.stage2), new.stage2), all_of(new.vcpu != 0, old.vcpu != new.vcpu))
    return implies(begins, s.vm[s.vcpu[new.vcpu].vm].life == Life.LIVE)


@step
def only_a_live_vm_asks(s: MachineState, name: str, args: dict[str, Any], after: MachineState) -> bool:
    """Each operation that was not refused was asked for by the host, or by a VM that is live."""
    del name, after
    if "caller" not in args:
        return True
    return any_of(args["caller"] == HOST, s.vm[args["caller"]].life == Life.LIVE)


@step
def what_is_torn_down_only_shrinks(s: MachineState, name: str, args: dict[str, Any], after: MachineState, vm: Vm) -> bool:
    """A VM that is neither created nor live gets no further frame, function, address space, virtual CPU or grant."""
    del name, args
    life = s.vm[vm].life
    kinds = (AccountKind.FRAMES, AccountKind.FUNCTIONS, AccountKind.SPACES, AccountKind.VCPUS, AccountKind.GRANTS)
    shrinks = (after.count[account(k, vm)].n <= s.count[account(k, vm)].n for k in kinds)
    return any_of(life == Life.CREATED, life == Life.LIVE, all_of(*shrinks))


@step
def what_is_torn_down_maps_nothing_new(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, table: Frame, i: Index
) -> bool:
    """A VM that is neither created nor live gets no leaf that it had not, but for the pieces of one that is being split."""
    del name, args
    t = s.table[table]
    life = s.vm[s.space[t.space].vm].life
    was, e = s.memory[table, i], after.memory[table, i]
    new = all_of(e.kind == EntryKind.LEAF, any_of(was.kind != EntryKind.LEAF, was.frame != e.frame))
    told = all_of(s.frame[table].kind == FrameKind.TABLE, t.phase != TablePhase.BUILDING, new)
    return implies(told, any_of(life == Life.CREATED, life == Life.LIVE))


@step
def a_taking_lowers_the_measure(s: MachineState, name: str, args: dict[str, Any], after: MachineState) -> bool:
    """Reclaiming a frame, draining a function, destroying a virtual CPU or a space each leave their VM with one thing less."""
    if name == "reclaim":
        whose, kind = s.frame[args["frame"]].owner, AccountKind.FRAMES
    elif name == "drain_function":
        whose, kind = s.function[args["rid"]].owner, AccountKind.FUNCTIONS
    elif name == "destroy_vcpu":
        whose, kind = s.vcpu[args["vcpu"]].vm, AccountKind.VCPUS
    elif name == "destroy_space":
        whose, kind = s.space[args["space"]].vm, AccountKind.SPACES
    elif name == "unshare":
        whose, kind = s.grant[args["grant"]].receiver, AccountKind.GRANTS
    else:
        return True
    thing = account(kind, whose)
    return any_of(whose == NOBODY, after.count[thing].n + 1 == s.count[thing].n)


@step
def what_is_done_is_done(s: MachineState, name: str, args: dict[str, Any], after: MachineState) -> bool:
    """A reopened table is open, a scrubbed frame clean, a settled leaf has its rights; a space and a PF are as asked."""
    if name == "reopen_table":
        return after.table[args["table"]].phase == TablePhase.LINKED
    if name == "scrub":
        return after.frame[args["frame"]].clean
    if name == "confirm_downgrade":
        slot = slot_of(s, args["space"], args["page"], args["level"])
        return after.slot_note[slot].max_cached_rights == after.memory[slot].rights
    if name == "create_space":
        made = after.space[args["space"]]
        return all_of(made.layout == args["layout"], made.io == args["io"], made.mirror == args["mirror"])
    if name in ("set_num_vfs", "set_ari"):
        p = after.sriov[args["pf"]]
        return all_of(p.offset == args["offset"], p.stride == args["stride"])
    return True
