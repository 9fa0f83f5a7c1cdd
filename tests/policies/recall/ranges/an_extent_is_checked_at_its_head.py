"""Each page of an extent is mapped because the first frame of the extent is the VM's.

Frames that follow one another are taken for one piece of memory. The VM lists an extent that begins with a frame of its own and
goes on into those of another VM, and its device reads and writes them.

Source: mechanism: a run of frames is taken for homogeneous from a look at its head.
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
    """Looks at the first frame of the extent."""

    def job_map(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Map the next page of the window; the last one completes the job."""
        require_alive(s, caller, job.vm)
        j = s.job[job]
        require(j.phase == JobPhase.MAPPING, Reason.WRONG_STATE)
        x = s.extent[job, j.extent]
        head = s.frame[x.frame]
        require(all_of(head.owner == job.vm, head.kind == FrameKind.DATA), Reason.NOT_OWNED)
        page, frame = j.start + j.cursor, x.frame + j.within.to(Frame)
        table, index = self.slot_for(s, j.space, page, Level.PAGE)
        note = SlotNote(max_cached_rights=j.rights, job=job)
        after = self.put_leaf(s, j.space, page, Level.PAGE, leaf(frame, j.rights), note)
        over, done = j.within + 1 == x.pages, j.cursor + 1 == j.total
        moved = j.replace(
            cursor=j.cursor + 1,
            extent=choose(over, j.extent + 1, j.extent),
            within=choose(over, Page(0), j.within + 1),
            phase=choose(done, JobPhase.DONE, JobPhase.MAPPING),
        )
        placed = Placed(table=table, index=index, extent=j.extent, within=j.within)
        return after.put("job", job, moved).put("placed", (job, j.cursor), placed)
