"""A page of a window that something maps already is passed over, as if the job had mapped it.

That the slot is occupied is taken for a repetition of what was done before. What stands there is another buffer of the guest's:
the device reads and writes that one in the place of the page of its list, and the undoing of the job removes it.

Source: Xen Security Advisory XSA-247, in another guise: that a page could not be changed is ignored, and the caller goes on.
"""

from __future__ import annotations

from pymodel import (
    EntryKind,
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
    """Passes over what is mapped."""

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
        after = s
        if s.memory[table, index].kind != EntryKind.LEAF:
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
