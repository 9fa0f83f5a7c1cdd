"""job_start turns a range operation that was begun read-only into one that maps for writing.

Unsafe: a VM lists buffers that its device may only read, and the device can write them all: job_map maps with what the job's record
says, which is no longer what the VM said. While nothing is mapped yet, the record may change.

Breaks: a window is mapped with the rights that its job was begun with; an operation does no more than it is named for.
"""

from __future__ import annotations

from pymodel import WRITE, Hypervisor, Job, MachineState, Vm


class P(Hypervisor):
    """Starts range operations."""

    def job_start(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Begin to map; devices like to write back what they read."""
        after = super().job_start(s, caller, job)
        j = after.job[job]
        return after.put("job", job, j.replace(rights=j.rights | WRITE))
