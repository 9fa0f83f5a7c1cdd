"""Terms about range operations and about searches for a window."""

from __future__ import annotations

from typing import Any

from proofs.theorems.operations.terms.core import Args, Cell, Fact, Value, cell, fact, is_so, pair, value
from proofs.theorems.operations.terms.walks import is_occupied, start_of
from pymodel.hardware.ids import AddressWidth, Frame, Page
from pymodel.hardware.ids import is_width as may_have_width
from pymodel.hardware.iommu import drives, last_page
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.ids import Job
from pymodel.hypervisor.jobs.windows import SearchPhase
from pymodel.hypervisor.memory import FrameKind
from pymodel.language.truth import all_of, any_of, negate
from pymodel.machine import MachineState

#: How many frames there are.
FRAMES = 1 << 44

# Range operations


def job_phase(job: Value) -> Cell:
    """Where a range operation is."""
    return cell(f"the phase of {job}", lambda s, j: s.job[j].phase, job)


def vm_of_job(job: Value) -> Cell:
    """The VM that a job is for."""
    return cell(f"the VM of {job}", lambda s, j: s.job[j].vm, job)


def space_of_job(job: Value) -> Cell:
    """The address space that a job maps into."""
    return cell(f"the address space of {job}", lambda s, j: s.job[j].space, job)


def start_of_job(job: Value) -> Cell:
    """The first page of a job's window."""
    return cell(f"the first page of {job}", lambda s, j: s.job[j].start, job)


def rights_of_job(job: Value) -> Cell:
    """The rights that a job maps with."""
    return cell(f"the rights of {job}", lambda s, j: s.job[j].rights, job)


def width_of_job(job: Value) -> Cell:
    """How many address bits the device has that a job is for."""
    return cell(f"the address bits of {job}", lambda s, j: s.job[j].width, job)


def pages_of_job(job: Value) -> Cell:
    """How many pages a job's list has so far."""
    return cell(f"the pages of {job}", lambda s, j: s.job[j].total, job)


def extents_of_job(job: Value) -> Cell:
    """How many extents a job's list has so far."""
    return cell(f"the extents of {job}", lambda s, j: s.job[j].extents, job)


def pages_mapped(job: Value) -> Cell:
    """How many pages of a job are mapped."""
    return cell(f"the pages mapped of {job}", lambda s, j: s.job[j].cursor, job)


def extent_frame(extent: Value) -> Cell:
    """The first frame of an extent of a job's list."""
    return cell(f"the frame of extent {extent}", lambda s, key: s.extent[key].frame, extent)


def extent_pages(extent: Value) -> Cell:
    """How many frames an extent of a job's list has."""
    return cell(f"the pages of extent {extent}", lambda s, key: s.extent[key].pages, extent)


def next_extent(job: Value) -> Value:
    """The number under which a job takes over its next extent."""
    return pair(job, extents_of_job(job))


def next_page(job: Value) -> Value:
    """The page of its window that a job maps next."""
    return value(f"the next page of {job}", lambda s, j: s.job[j].start + s.job[j].cursor, job)


def frame_due(s: MachineState, job: Job) -> Frame:
    """Return the frame that a job maps next."""
    j = s.job[job]
    return s.extent[job, j.extent].frame + j.within.to(Frame)


def next_frame(job: Value) -> Value:
    """The frame that a job maps next."""
    return value(f"the next frame of {job}", frame_due, job)


def next_frame_is_its_vms(job: Value) -> Fact:
    """The frame that a job maps next is data of the job's VM, and the job maps with some rights."""

    def meaning(s: MachineState, job: Job) -> bool:
        j, f = s.job[job], s.frame[frame_due(s, job)]
        return all_of(f.owner == j.vm, f.kind == FrameKind.DATA, j.rights != 0)

    return fact(f"the next frame of {job} is its VM's own data, to be mapped with some rights", meaning, job)


def last_placed(job: Value) -> Value:
    """The slot of the last page of a job that is still there."""

    def meaning(s: MachineState, j: Job) -> Any:
        where = s.placed[j, s.job[j].cursor - 1]
        return where.table, where.index

    return value(f"the last slot of {job}", meaning, job)


def last_is_removed(job: Value) -> Fact:
    """The last page of a job that is still there is removed, and waits for its flush."""

    def meaning(s: MachineState, j: Job) -> bool:
        where = s.placed[j, s.job[j].cursor - 1]
        return is_so(s.memory[where.table, where.index].kind == EntryKind.STALE)

    return fact(f"the last page of {job} is removed", meaning, job)


def is_width(width: Value) -> Fact:
    """A device may have so many address bits: 24 to 64."""
    return fact(f"{width} is 24 to 64", lambda _s, w: may_have_width(w), width)


def extent_fits(job: Value, frame: Value, pages: Value) -> Fact:
    """An extent is of frames that there are, and the window still ends where the device can address it, without wrap."""

    def meaning(s: MachineState, job: Job, frame: Frame, pages: Page) -> bool:
        j = s.job[job]
        there = all_of(pages != 0, pages <= FRAMES, (pages - 1).to(Frame) <= Frame.last() - frame)
        behind = Page.last() - j.start - j.total
        fits = all_of(j.total <= Page.last() - j.start, pages - 1 <= behind, drives(j.width, j.start + (j.total + pages - 1)))
        return all_of(there, fits, j.total + pages != 0)

    return fact(f"{pages} frames from {frame} are there, and fit into the window of {job}", meaning, job, frame, pages)


# Searches


def search_phase(job: Value) -> Cell:
    """Where a search is."""
    return cell(f"the phase of the search {job}", lambda s, j: s.search[j].phase, job)


def vm_of_search(job: Value) -> Cell:
    """The VM that a search is for."""
    return cell(f"the VM of the search {job}", lambda s, j: s.search[j].vm, job)


def space_of_search(job: Value) -> Cell:
    """The address space that a search looks in."""
    return cell(f"the address space of the search {job}", lambda s, j: s.search[j].space, job)


def pages_sought(job: Value) -> Cell:
    """How many pages a search is for."""
    return cell(f"the pages sought by {job}", lambda s, j: s.search[j].total, job)


def level_sought(job: Value) -> Cell:
    """What a search aligns its windows to."""
    return cell(f"the level sought by {job}", lambda s, j: s.search[j].level, job)


def width_sought(job: Value) -> Cell:
    """How many address bits the device has that a search is for."""
    return cell(f"the address bits sought by {job}", lambda s, j: s.search[j].width, job)


def start_looked_at(job: Value) -> Cell:
    """The number of the start that a search looks at."""
    return cell(f"the start looked at by {job}", lambda s, j: s.search[j].nth, job)


def pages_seen_free(job: Value) -> Cell:
    """How many pages of the window at that start a search has seen free."""
    return cell(f"the pages seen free by {job}", lambda s, j: s.search[j].checked, job)


def window_exists(total: Value, width: Value) -> Fact:
    """A device of that width can address so many pages."""

    def meaning(_s: MachineState, pages: Page, w: AddressWidth) -> bool:
        return all_of(pages != 0, pages - 1 <= last_page(w))

    return fact(f"a device of {width} can address {total}, which are some", meaning, total, width)


def goes_on(job: Value) -> Fact:
    """A search then has seen one more page free, or goes on at the next start of which it has seen none, or has given up."""

    def meaning(s: MachineState, args: Args, after: Any) -> bool:
        key = job(s, args)
        old, new = s.search[key], after.search[key]
        page = start_of(old, old.nth) + old.checked
        seen = all_of(new.nth == old.nth, new.checked == old.checked + 1, negate(is_occupied(s, old.space, page)))
        given_up = all_of(new.nth == old.nth + 1, new.checked == 0, new.phase == SearchPhase.LOOKING)
        return any_of(seen, given_up, new.phase == SearchPhase.FAILED)

    return Fact(f"then the search {job} has seen one more page free, or goes on at the next start, or has failed", meaning)
