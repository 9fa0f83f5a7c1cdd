"""An extent of a list is left one page too late.

The page behind an extent is mapped as if it belonged to it, if it is the guest's too. From there on each page of the window is
one of the list's that is a page too early, and the last one is never mapped.

Source: mechanism: the index of the last page is compared with how many there are.
"""

from __future__ import annotations

from pymodel import (
    Frame,
    FrameKind,
    Hypervisor,
    Job,
    JobPhase,
    Level,
    MachineState,
    Page,
    Placed,
    Reason,
    SlotNote,
    Vm,
    all_of,
    choose,
    leaf,
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Compares an index with a number."""

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
        over = j.within == x.pages
        done = j.cursor + 1 == j.total
        moved = j.replace(
            cursor=j.cursor + 1,
            extent=choose(over, j.extent + 1, j.extent),
            within=choose(over, Page(0), j.within + 1),
            phase=choose(done, JobPhase.DONE, JobPhase.MAPPING),
        )
        placed = Placed(table=table, index=index, extent=j.extent, within=j.within)
        return after.put("job", job, moved).put("placed", (job, j.cursor), placed)


class Twin(Hypervisor):
    """Counts the pages that are left."""

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
        over = x.pages - j.within == 1
        done = j.cursor + 1 == j.total
        moved = j.replace(
            cursor=j.cursor + 1,
            extent=choose(over, j.extent + 1, j.extent),
            within=choose(over, Page(0), j.within + 1),
            phase=choose(done, JobPhase.DONE, JobPhase.MAPPING),
        )
        placed = Placed(table=table, index=index, extent=j.extent, within=j.within)
        return after.put("job", job, moved).put("placed", (job, j.cursor), placed)
