"""Ranges: a scatter list behind one contiguous window, for lists of any length, at every moment of its making and undoing."""

from __future__ import annotations

from proofs.statements import Area, consequence, state
from proofs.theorems.invariants.accounts import is_counted_on
from proofs.theorems.invariants.memory import is_mapped_by
from pymodel.hardware.ids import Frame, Index, Level, Page, slot_page
from pymodel.hardware.iommu import drives
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.ids import AccountKind, Count, HolderKind, Job, account, holder
from pymodel.hypervisor.jobs.ranges import Extent, JobPhase
from pymodel.hypervisor.jobs.windows import SearchPhase
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.vms import Life
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.machine import MachineState

AREA = Area("ranges", promise=False)


@state
def a_window_lies_below_the_devices_reach(s: MachineState, job: Job) -> bool:
    """The window of a job does not wrap, and its last page is one that a device of that width can put on the bus."""
    j = s.job[job]
    who = holder(HolderKind.JOB, job)
    end = j.start + (j.total - 1)
    return all_of(
        implies(
            all_of(j.phase != JobPhase.NONE, j.total != 0),
            all_of(end >= j.start, drives(j.width, end)),
        ),
        implies(j.phase != JobPhase.NONE, all_of(is_counted_on(s, who, account(AccountKind.JOBS, j.space)), j.cursor <= j.total)),
        implies(j.phase != JobPhase.NONE, all_of(j.width >= 24, j.width <= 64)),
        implies(
            j.phase != JobPhase.NONE, all_of(s.space[j.space].live, s.space[j.space].io, job != 0, s.space[j.space].vm == j.vm)
        ),
        implies(s.reference[who].taken, j.phase != JobPhase.NONE),
        implies(any_of(j.phase == JobPhase.LISTING, j.phase == JobPhase.NONE), j.cursor == 0),
        implies(j.phase == JobPhase.DONE, j.cursor == j.total),
        implies(j.phase == JobPhase.NONE, all_of(j.extents == 0, j.total == 0)),
        implies(j.total != 0, j.extents != 0),
    )


@state
def a_search_holds_its_space(s: MachineState, job: Job) -> bool:
    """A search is one holder of a live address space for devices, of the VM that it is for."""
    x, who = s.search[job], holder(HolderKind.SEARCH, job)
    p = s.space[x.space]
    counted = is_counted_on(s, who, account(AccountKind.JOBS, x.space))
    held = implies(x.phase != SearchPhase.NONE, all_of(counted, p.live, p.io, p.vm == x.vm))
    return all_of(held, implies(s.reference[who].taken, x.phase != SearchPhase.NONE))


@consequence
def no_search_names_an_absent_vm(s: MachineState, job: Job) -> bool:
    """The VM that a search is for exists."""
    x = s.search[job]
    life = s.vm[x.vm].life
    return implies(x.phase != SearchPhase.NONE, negate(any_of(life == Life.ABSENT, life == Life.EMPTY)))


@state
def the_cursor_is_inside_its_extent(s: MachineState, job: Job) -> bool:
    """While a job maps, the next page comes from inside one of its extents."""
    j = s.job[job]
    x = s.extent[job, j.extent]
    return all_of(
        implies(j.phase == JobPhase.MAPPING, all_of(j.extent < j.extents, j.within < x.pages, j.cursor < j.total)),
        implies(j.phase == JobPhase.LISTING, all_of(j.extent == 0, j.within == 0)),
    )


@state
def the_cursor_counts_what_is_behind_it(s: MachineState, job: Job) -> bool:
    """While a job maps, its cursor is the sum of the extents behind it and what it has mapped of this one."""
    j = s.job[job]
    x = s.extent[job, j.extent]
    return implies(j.phase == JobPhase.MAPPING, j.cursor == x.before + j.within)


@state
def the_extents_add_up(s: MachineState, job: Job, n: Count) -> bool:
    """Each extent begins where the one before it ends, the first at 0, and the last ends at the total: prefix sums."""
    j, x, after = s.job[job], s.extent[job, n], s.extent[job, n + 1]
    end = x.before + x.pages
    return implies(
        n < j.extents,
        all_of(
            implies(n == 0, x.before == 0),
            implies(n + 1 == j.extents, end == j.total),
            implies(n + 1 < j.extents, after.before == end),
        ),
    )


@state
def an_extent_lies_below_the_total(s: MachineState, job: Job, n: Count) -> bool:
    """No extent is empty, wraps (in the window or in memory) or ends above the total; only the last ends there."""
    j, x = s.job[job], s.extent[job, n]
    end = x.before + x.pages
    whole = all_of(x.pages - 1 <= (1 << 44) - 1, x.frame + (x.pages - 1).to(Frame) >= x.frame)
    return implies(
        n < j.extents,
        all_of(end > x.before, whole, end <= j.total, implies(n + 1 < j.extents, end < j.total)),
    )


@state
def a_page_of_a_window_has_its_slot(s: MachineState, job: Job, r: Page) -> bool:
    """Page r of a window, once mapped and until undone, is a leaf of the job in the slot that stands at its address."""
    j, w = s.job[job], s.placed[job, r]
    e, t = s.memory[w.table, w.index], s.table[w.table]
    return implies(
        all_of(j.phase != JobPhase.NONE, r < j.cursor),
        all_of(
            is_mapped_by(e),
            implies(any_of(j.phase != JobPhase.UNDOING, r + 1 < j.cursor), e.kind == EntryKind.LEAF),
            s.slot_note[w.table, w.index].job == job,
            s.frame[w.table].kind == FrameKind.TABLE,
            t.level == Level.PAGE,
            t.space == j.space,
            slot_page(t.prefix, w.index, Level.PAGE) == j.start + r,
        ),
    )


@state
def a_page_of_a_window_has_its_extent(s: MachineState, job: Job, r: Page) -> bool:
    """Page r of a window, once mapped and until undone, is page r - before of an extent, and lies inside of it."""
    j, w = s.job[job], s.placed[job, r]
    x = s.extent[job, w.extent]
    return implies(
        all_of(j.phase != JobPhase.NONE, r < j.cursor),
        all_of(w.extent < j.extents, r == x.before + w.within, w.within < x.pages),
    )


@state
def a_page_of_a_window_is_the_byte_of_its_extent(s: MachineState, job: Job, r: Page) -> bool:
    """Page r of a window, once mapped and until undone, translates to exactly that page of the extent that r falls into."""
    j, w = s.job[job], s.placed[job, r]
    e, x = s.memory[w.table, w.index], s.extent[job, w.extent]
    return implies(
        all_of(j.phase != JobPhase.NONE, r < j.cursor),
        all_of(e.frame == x.frame + w.within.to(Frame), e.rights == j.rights),
    )


def is_inside(p: Frame, x: Extent) -> bool:
    """Say whether an extent has a frame."""
    return (p - x.frame).to(Page) < x.pages


@consequence
def a_window_maps_no_frame_twice(s: MachineState, job: Job, r: Page, q: Page) -> bool:
    """Two pages of a window translate to one frame only if it lies in two extents: disjoint extents map injectively."""
    j, w, v = s.job[job], s.placed[job, r], s.placed[job, q]
    p = s.memory[w.table, w.index].frame
    return implies(
        all_of(j.phase != JobPhase.NONE, r < j.cursor, q < j.cursor, r != q, p == s.memory[v.table, v.index].frame),
        all_of(w.extent != v.extent, is_inside(p, s.extent[job, w.extent]), is_inside(p, s.extent[job, v.extent])),
    )


@state
def a_jobs_leaf_is_in_its_window(s: MachineState, table: Frame, index: Index) -> bool:
    """A leaf that belongs to a job is the page of the job's window that stands at its address, and no other."""
    e, t, job = s.memory[table, index], s.table[table], s.slot_note[table, index].job
    j = s.job[job]
    r = slot_page(t.prefix, index, Level.PAGE) - j.start
    w = s.placed[job, r]
    return implies(
        all_of(s.frame[table].kind == FrameKind.TABLE, job != 0),
        all_of(
            is_mapped_by(e),
            j.phase != JobPhase.NONE,
            r < j.cursor,
            w.table == table,
            w.index == index,
            t.level == Level.PAGE,
        ),
    )
