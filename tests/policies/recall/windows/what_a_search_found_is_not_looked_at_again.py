"""A window that a search found is mapped without a look at its slots.

Each page was seen free, though not at one moment, and not now. Somebody mapped one of them meanwhile. Its leaf is overwritten:
what was cached of it is never flushed, and its reference is lost or counted twice.

Source: mechanism: a lookup and the use of its result are two steps, and others come between them.
"""

from __future__ import annotations

from typing import Any

from pymodel import (
    NO_RIGHTS,
    AccountKind,
    Frame,
    FrameKind,
    HolderKind,
    Hypervisor,
    Job,
    JobPhase,
    JobRecord,
    Level,
    MachineState,
    Map,
    Page,
    Placed,
    Reason,
    Record,
    Rights,
    SearchPhase,
    SlotNote,
    Vm,
    account,
    all_of,
    choose,
    holder,
    is_width,
    leaf,
    negate,
    nth_start,
    operation,
    require,
    require_alive,
    take,
)


class Proposed(Record):
    """Whether a job's window was found by a search."""

    found: bool = False


class Proposals(MachineState):
    """The machine, and which jobs began with a search."""

    proposed: Map[Job, Proposed]


class Faulty(Hypervisor):
    """Trusts a search."""

    State = Proposals  # type: ignore[assignment] # a part more than the machine has

    @operation
    def job_take(self, s: Any, caller: Vm, job: Job, rights: Rights) -> Any:
        """Begin to take over a list for the window that the search under the job's name found."""
        require_alive(s, caller, job.vm)
        x = s.search[job]
        require(all_of(x.phase == SearchPhase.FOUND, x.space.vm == job.vm), Reason.WRONG_STATE)
        require(s.job[job].phase == JobPhase.NONE, Reason.OCCUPIED)
        require(is_width(x.width), Reason.OUT_OF_RANGE)
        require(rights != NO_RIGHTS, Reason.RIGHTS)
        start = nth_start(x.nth, x.level)
        record = JobRecord(phase=JobPhase.LISTING, vm=job.vm, space=x.space, start=start, rights=rights, width=x.width)
        after = s.put("job", job, record).put("proposed", job, Proposed(found=True))
        return take(after, account(AccountKind.JOBS, x.space), holder(HolderKind.JOB, job))

    def job_end(self, s: Any, caller: Vm, job: Job) -> Any:
        """Forget a job that maps nothing any more."""
        return super().job_end(s, caller, job).put("proposed", job, Proposed())

    def job_map(self, s: Any, caller: Vm, job: Job) -> Any:
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
        if s.proposed[job].found:
            self.require_leaf(s, j.space, page, Level.PAGE, j.rights)
            require(negate(s.space[j.space].mirror), Reason.NOT_ALLOWED)
            after = self.fill_slot(s, table, index, Level.PAGE, leaf(frame, j.rights), note)
        else:
            after = self.put_leaf(s, j.space, page, Level.PAGE, leaf(frame, j.rights), note)
        over = j.within + 1 == x.pages
        done = j.cursor + 1 == j.total
        moved = j.replace(
            cursor=j.cursor + 1,
            extent=choose(over, j.extent + 1, j.extent),
            within=choose(over, Page(0), j.within + 1),
            phase=choose(done, JobPhase.DONE, JobPhase.MAPPING),
        )
        placed = Placed(table=table, index=index, extent=j.extent, within=j.within)
        return after.put("job", job, moved).put("placed", (job, j.cursor), placed)


class Twin(Faulty):
    """Takes the start from the search, and looks at each slot again."""

    def job_map(self, s: Any, caller: Vm, job: Job) -> Any:
        """Map the next page of the window; the last one completes the job."""
        return Hypervisor.job_map(self, s, caller, job)
