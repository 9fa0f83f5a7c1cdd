"""The last extent is taken off a list, and the sum of the pages stays as it was.

The list is shorter than its window. When its last extent is mapped, the job goes on with what stands behind it: the extent that
was taken off, or what an earlier list had there.

Source: mechanism: an error path that takes back one of two fields that were written together.
"""

from __future__ import annotations

from pymodel import (
    Count,
    Hypervisor,
    Job,
    JobPhase,
    MachineState,
    Reason,
    Vm,
    all_of,
    implies,
    invariant,
    operation,
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Takes back the number of extents."""

    @operation
    def drop_extent(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Whoever looks after a job takes the last extent off its list."""
        require_alive(s, caller, job.vm)
        j = s.job[job]
        require(all_of(j.phase == JobPhase.LISTING, j.extents != 0), Reason.WRONG_STATE)
        return s.put("job", job, j.replace(extents=j.extents - 1))


class Twin(Hypervisor):
    """Takes back the number of extents and the sum of their pages."""

    @operation
    def drop_extent(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Whoever looks after a job takes the last extent off its list."""
        require_alive(s, caller, job.vm)
        j = s.job[job]
        require(all_of(j.phase == JobPhase.LISTING, j.extents != 0), Reason.WRONG_STATE)
        left = j.extents - 1
        return s.put("job", job, j.replace(extents=left, total=s.extent[job, left].before))

    @invariant
    def extents_are_in_order(self, s: MachineState, job: Job, n: Count, m: Count) -> bool:
        """An extent ends where a later one begins, or in front of it."""
        x = s.extent[job, n]
        return implies(all_of(n < m, m < s.job[job].extents), x.before + x.pages <= s.extent[job, m].before)
