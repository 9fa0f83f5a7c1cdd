"""Operations on ranges: machines with a cursor, whose every step may fail.

A job maps a scatter list (extents of whole frames, in any order and any place) into one contiguous window of an I/O address
space, below what the device can address. The list is taken over first, extent by extent, with the sum of what is in front
of each; then one page is mapped at a time. When a step fails, by refusal or by the environment, the job is undone from its
last page to its first. A page that belongs to a job can be removed by that job alone.

`unmap_range` removes what lies in a range of pages of an address space, one leaf a step: a leaf that lies wholly inside is
removed, one that lies partly outside must be split first.

Read next: `pymodel.hypervisor.jobs.windows`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodel.hardware.ids import NO_RIGHTS, NOBODY, AddressWidth, Frame, Index, Level, Page, Rights, Ticket, Vm, level_mask
from pymodel.hardware.iommu import drives
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.accounts import drop, take
from pymodel.hypervisor.ids import AccountKind, Count, HolderKind, Job, Space, account, holder
from pymodel.hypervisor.leaves import Leaves, SlotNote, leaf, remove_leaf
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.vms import require_alive, require_manages
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import AUTHORITY, Map, Record, State
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of
from pymodel.language.words import Choice, Member, choose

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = ["Extent", "JobPhase", "JobRecord", "Placed", "RangeState", "Ranges"]


class JobPhase(Choice):
    """Where a range operation is."""

    NONE = Member()
    LISTING = Member()
    """Its list of extents is being taken over."""
    MAPPING = Member()
    UNDOING = Member()
    """A step failed or the window is being removed: pages below the cursor are taken away, last first."""
    DONE = Member()


class JobRecord(Record, whose=AUTHORITY):
    """A scatter list on its way into one contiguous window of an address space."""

    phase: JobPhase = JobPhase.NONE
    vm: Vm = NOBODY
    space: Space = Space(0)
    start: Page = Page(0)
    rights: Rights = NO_RIGHTS
    width: AddressWidth = AddressWidth(64)
    extents: Count = Count(0)
    total: Page = Page(0)
    """Pages in the whole list."""
    cursor: Page = Page(0)
    """Pages mapped so far."""
    extent: Count = Count(0)
    """The extent that the next page comes from."""
    within: Page = Page(0)
    """How many pages of that extent are mapped."""


class Extent(Record, whose=AUTHORITY):
    """One extent of a scatter list, as it was taken over; `before` is the sum of the extents in front of it."""

    frame: Frame = Frame(0)
    pages: Page = Page(0)
    before: Page = Page(0)


class Placed(Record, whose=AUTHORITY):
    """The slot that holds one page of a window, and the extent it came from."""

    table: Frame = Frame(0)
    index: Index = Index(0)
    extent: Count = Count(0)
    within: Page = Page(0)


class RangeState(State):
    """Every job, its extents, and the slots of its window."""

    job: Map[Job, JobRecord]
    extent: Map[tuple[Job, Count], Extent]
    placed: Map[tuple[Job, Page], Placed]


class Ranges(Leaves):
    """Operations on ranges of pages."""

    @operation
    def unmap_range(  # a range, and the leaf in it that goes now
        self, s: MachineState, caller: Vm, space: Space, first: Page, last: Page, page: Page, level: Level
    ) -> MachineState:
        """Remove the leaf at `page`, which lies in the range first..last; one that does not lie in it wholly must be split."""
        require_manages(s, caller, space.vm)
        require(first <= last, Reason.OUT_OF_RANGE)
        end = page | level_mask(level)
        require(all_of(page <= last, end >= first), Reason.OUT_OF_RANGE)
        require(self.removes_whole(s, first, last, page, end), Reason.UNALIGNED)
        return self.unmap(s, caller, space, page, level)

    @operation
    def job_begin(
        self, s: MachineState, caller: Vm, job: Job, space: Space, start: Page, rights: Rights, width: AddressWidth
    ) -> MachineState:
        """Begin to take over a scatter list for a window that starts at a page, for a device of that width."""
        require_alive(s, caller, job.vm)
        require(space.vm == job.vm, Reason.NOT_ALLOWED)
        p = s.space[space]
        require(all_of(p.live, p.io), Reason.NOT_OWNED)
        require(s.job[job].phase == JobPhase.NONE, Reason.OCCUPIED)
        require(all_of(width >= 24, width <= 64), Reason.OUT_OF_RANGE)
        require(rights != 0, Reason.RIGHTS)
        record = JobRecord(phase=JobPhase.LISTING, vm=job.vm, space=space, start=start, rights=rights, width=width)
        return take(s.put("job", job, record), account(AccountKind.JOBS, space), holder(HolderKind.JOB, job))

    @operation
    def job_extent(self, s: MachineState, caller: Vm, job: Job, frame: Frame, pages: Page) -> MachineState:
        """Take over the next extent; the window must still lie below what the device can address, without wrapping."""
        require_alive(s, caller, job.vm)
        j = s.job[job]
        require(j.phase == JobPhase.LISTING, Reason.WRONG_STATE)
        require(pages != 0, Reason.OUT_OF_RANGE)
        total = j.total + pages
        end = j.start + (total - 1)
        require(all_of(total >= j.total, end >= j.start, total != 0), Reason.OUT_OF_RANGE)
        require(drives(j.width, end), Reason.OUT_OF_RANGE)
        require(frame + (pages - 1).to(Frame) >= frame, Reason.OUT_OF_RANGE)
        require((pages - 1) <= (1 << 44) - 1, Reason.OUT_OF_RANGE)
        require(j.extents < Count.last(), Reason.EXHAUSTED)
        extent = Extent(frame=frame, pages=pages, before=j.total)
        after = s.put("extent", (job, j.extents), extent)
        return after.put("job", job, j.replace(extents=j.extents + 1, total=total))

    @operation
    def job_start(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """The list is complete: from now on pages are mapped."""
        require_alive(s, caller, job.vm)
        j = s.job[job]
        require(all_of(j.phase == JobPhase.LISTING, j.total != 0), Reason.WRONG_STATE)
        return s.put("job", job, j.replace(phase=JobPhase.MAPPING))

    @operation
    def job_map(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Map the next page of the window; the last one completes the job."""
        require_alive(s, caller, job.vm)
        j = s.job[job]
        require(j.phase == JobPhase.MAPPING, Reason.WRONG_STATE)
        x = s.extent[job, j.extent]
        frame = x.frame + j.within.to(Frame)
        f = s.frame[frame]
        require(all_of(f.owner == job.vm, f.kind == FrameKind.DATA), Reason.NOT_OWNED)
        page = j.start + j.cursor
        note = SlotNote(max_cached_rights=j.rights, job=job)
        table, index = self.slot_for(s, j.space, page, Level.PAGE)
        after = self.put_leaf(s, j.space, page, Level.PAGE, leaf(frame, j.rights), note)
        over = j.within + 1 == x.pages
        done = j.cursor + 1 == j.total
        moved = j.replace(
            cursor=j.cursor + 1,
            extent=choose(over, j.extent + 1, j.extent),
            within=choose(over, Page(0), j.within + 1),
            phase=choose(done, JobPhase.DONE, JobPhase.MAPPING),
        )
        after = after.put("job", job, moved)
        placed = Placed(table=table, index=index, extent=j.extent, within=j.within)
        return after.put("placed", (job, j.cursor), placed)

    @operation
    def job_undo(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Begin to take the window away again: a step failed, or the caller is done with it."""
        require_manages(s, caller, job.vm)
        j = s.job[job]
        require(
            any_of(j.phase == JobPhase.LISTING, j.phase == JobPhase.MAPPING, j.phase == JobPhase.DONE),
            Reason.WRONG_STATE,
        )
        return s.put("job", job, j.replace(phase=JobPhase.UNDOING))

    @operation
    def undo_unmap(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Remove the last page of the window that is still mapped; caches may still hold it."""
        require_manages(s, caller, job.vm)
        j = s.job[job]
        require(all_of(j.phase == JobPhase.UNDOING, j.cursor != 0), Reason.WRONG_STATE)
        where = s.placed[job, j.cursor - 1]
        e = s.memory[where.table, where.index]
        require(e.kind == EntryKind.LEAF, Reason.NOT_MAPPED)
        return remove_leaf(s, where.table, where.index)

    @operation
    def undo_release(self, s: MachineState, caller: Vm, job: Job, ticket: Ticket) -> MachineState:
        """Give up the reference of that page, given a completed invalidation that covers it, and go one page back."""
        require_manages(s, caller, job.vm)
        j = s.job[job]
        require(all_of(j.phase == JobPhase.UNDOING, j.cursor != 0), Reason.WRONG_STATE)
        last = j.cursor - 1
        where = s.placed[job, last]
        e = s.memory[where.table, where.index]
        require(e.kind == EntryKind.STALE, Reason.NOT_MAPPED)
        page, since = j.start + last, s.slot_note[where.table, where.index].since
        require(self.range_flushed(s, j.space, page, Level.PAGE, since, ticket), Reason.NOT_FLUSHED)
        after = self.empty_slot(s, where.table, where.index)
        return after.put("job", job, j.replace(cursor=last))

    @operation
    def job_end(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Forget a job that maps nothing any more."""
        require_manages(s, caller, job.vm)
        j = s.job[job]
        require(all_of(j.phase == JobPhase.UNDOING, j.cursor == 0), Reason.WRONG_STATE)
        return drop(s.put("job", job, JobRecord.default()), holder(HolderKind.JOB, job))
