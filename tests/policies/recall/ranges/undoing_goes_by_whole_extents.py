"""A list that fails in the middle of an extent is undone from the beginning of that extent.

An extent that was not mapped completely counts as not mapped. Its first pages stay mapped when the job is forgotten. Nobody can
remove them any more, since they belong to a job; their frames are never given back, and the device goes on reaching them.

Source: CVE-2014-3601, in another guise: a roll-back covers too little.
"""

from __future__ import annotations

from pymodel import Hypervisor, Job, JobPhase, MachineState, Vm


class Faulty(Hypervisor):
    """Begins the undoing with the extents that are complete."""

    def job_undo(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Begin to take the window away again: a step failed, or the caller is done with it."""
        j = s.job[job]
        after = super().job_undo(s, caller, job)
        if j.phase == JobPhase.MAPPING:
            mapped = s.extent[job, j.extent].before
            return after.put("job", job, after.job[job].replace(cursor=mapped))
        return after


class Twin(Hypervisor):
    """Computes how many pages are mapped from the extents that are complete and what is mapped of the next."""

    def job_undo(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Begin to take the window away again: a step failed, or the caller is done with it."""
        j = s.job[job]
        after = super().job_undo(s, caller, job)
        if j.phase == JobPhase.MAPPING:
            mapped = s.extent[job, j.extent].before + j.within
            return after.put("job", job, after.job[job].replace(cursor=mapped))
        return after
