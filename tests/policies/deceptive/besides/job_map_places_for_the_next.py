"""job_map also notes the slot of the page that it maps for the job with the next number, at the same place in that one's window.

Unsafe: the next number may be another VM's first one. Its job then says that a page of its window stands in a slot of the caller's:
when it is undone, the caller's leaf is removed and its own stays, so that its device keeps what the VM has given up.

Breaks: a job's places are noted by what maps its pages, for the VM that its name says. The policy says that it notes more; it may
not.
"""

from __future__ import annotations

from pymodel import Hypervisor, Job, MachineState, Page, Vm, widens


class P(Hypervisor):
    """Expects that windows are mapped side by side."""

    @widens("job_map", "placed", "table index")
    def place_of_next(self, s: MachineState, job: Job) -> tuple[Job, Page]:
        """The next job finds the slot noted already."""
        return job + 1, s.job[job].cursor

    def job_map(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Map the page, and note where it stands, twice."""
        after, r = super().job_map(s, caller, job), s.job[job].cursor
        here, there = after.placed[job, r], after.placed[job + 1, r]
        return after.put("placed", (job + 1, r), there.replace(table=here.table, index=here.index))
