"""job_begin lists a window in an address space of whatever VM, under a name of the caller's.

Unsafe: what the caller lists is mapped for another VM's devices, at pages where that VM's own windows should be.

Breaks: a job's address space is of the VM that its name says.
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    AddressWidth,
    HolderKind,
    Hypervisor,
    Job,
    JobPhase,
    JobRecord,
    MachineState,
    Page,
    Reason,
    Rights,
    Space,
    Vm,
    account,
    all_of,
    holder,
    is_width,
    require,
    require_alive,
    take,
)


class P(Hypervisor):
    """Begins jobs."""

    def job_begin(
        self, s: MachineState, caller: Vm, job: Job, space: Space, start: Page, rights: Rights, width: AddressWidth
    ) -> MachineState:
        """Begin a job of the caller's in any address space for devices."""
        require_alive(s, caller, job.vm)
        p = s.space[space]
        require(all_of(p.live, p.io), Reason.NOT_OWNED)
        require(s.job[job].phase == JobPhase.NONE, Reason.OCCUPIED)
        require(is_width(width), Reason.OUT_OF_RANGE)
        require(rights != 0, Reason.RIGHTS)
        record = JobRecord(phase=JobPhase.LISTING, vm=job.vm, space=space, start=start, rights=rights, width=width)
        return take(s.put("job", job, record), account(AccountKind.JOBS, space), holder(HolderKind.JOB, job))
