"""correct_list, an operation of the policy's own for any live VM, puts other frames in the place of a job's last extent.

Unsafe: the job's VM listed one buffer for its device, and gets another one of its own mapped, chosen by a VM that has nothing to do
with it: the device writes over it. Each page is where the list says that it is; it is the list that nobody asked to be changed.

Breaks: a list is taken over as its VM said it; a job is changed by whoever looks after the VM that its name says.
"""

from __future__ import annotations

from pymodel import Count, Frame, Hypervisor, Job, JobPhase, Life, MachineState, Map, Page, Reason, Record, Vm
from pymodel import all_of, implies, invariant, operation, require


class Open(Record):
    """A list that is still being taken over: how many extents it has, and how many pages the last one."""

    listed: Count = Count(0)
    pages: Page = Page(0)


class Lists(MachineState):
    """The machine, and which lists are open."""

    open: Map[Job, Open]


class P(Hypervisor):
    """Lets whoever moved a buffer correct the lists that name it."""

    State = Lists

    def job_extent(self, s: Lists, caller: Vm, job: Job, frame: Frame, pages: Page) -> Lists:
        """Note that the list is open."""
        after = super().job_extent(s, caller, job, frame, pages)
        return after.put("open", job, Open(listed=after.job[job].extents, pages=pages))

    def job_start(self, s: Lists, caller: Vm, job: Job) -> Lists:
        """The list is complete."""
        return super().job_start(s, caller, job).put("open", job, Open())

    def job_undo(self, s: Lists, caller: Vm, job: Job) -> Lists:
        """The list will not be complete."""
        return super().job_undo(s, caller, job).put("open", job, Open())

    @invariant
    def an_open_list_is_being_taken_over(self, s: Lists, job: Job) -> bool:
        """Nothing is mapped of an open list, and its last extent is as long as noted."""
        j, o = s.job[job], s.open[job]
        known = all_of(j.phase == JobPhase.LISTING, j.extents == o.listed, s.extent[job, o.listed - 1].pages == o.pages)
        return implies(o.listed != 0, known)

    @operation
    def correct_list(self, s: Lists, caller: Vm, job: Job, frame: Frame) -> Lists:
        """The buffer that was listed last has moved."""
        o = s.open[job]
        require(s.vm[caller].life == Life.LIVE, Reason.NOT_ALLOWED)
        require(o.listed != 0, Reason.WRONG_STATE)
        require(frame + (o.pages - 1).to(Frame) >= frame, Reason.OUT_OF_RANGE)
        last = (job, o.listed - 1)
        return s.put("extent", last, s.extent[last].replace(frame=frame))
