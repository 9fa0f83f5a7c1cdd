"""heartbeat, an operation of the policy's own that nobody asks for, notes for everybody what a VM's range operation is about.

Unsafe: where a VM maps the windows of its devices is its own affair; here any VM that asks whether a job is late reads it, page by page.

Breaks: what the hypervisor does of its own is about what the host sees, never about what a VM maps.
"""

from __future__ import annotations

from pymodel import Hypervisor, Job, MachineState, Map, Page, Reason, Record, Vm, operation, require


class Late(Record):
    """Where a job that is late would go on."""

    page: Page = Page(0)


class Watched(MachineState):
    """The machine, and the jobs that are watched."""

    late: Map[Job, Late]


class P(Hypervisor):
    """Watches jobs."""

    State = Watched

    @operation
    def heartbeat(self, s: Watched, job: Job) -> Watched:
        """Note where a job is."""
        return s.put("late", job, Late(page=s.job[job].start + s.job[job].cursor))

    @operation
    def is_late(self, s: Watched, caller: Vm, job: Job, page: Page) -> Watched:
        """Say whether a job is at a page."""
        require(s.late[job].page == page, Reason.WRONG_STATE)
        return s
