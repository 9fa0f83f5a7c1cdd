"""The undoing of a window removes the page behind the last one that was mapped.

The cursor says how many pages are mapped, and is used as the number of the last one. What is noted at that number is left from
an earlier list under the same name: the slot may hold somebody else's leaf by now, which goes.

Source: CVE-2014-3601: a roll-back covers pages that were never mapped by what is rolled back.
"""

from __future__ import annotations

from pymodel import EntryKind, Hypervisor, Job, JobPhase, MachineState, Reason, Vm, all_of, remove_leaf, require, require_manages


class Faulty(Hypervisor):
    """Looks up the slot at the cursor."""

    def undo_unmap(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Remove the last page of the window that is still mapped; caches may still hold it."""
        require_manages(s, caller, job.vm)
        j = s.job[job]
        require(all_of(j.phase == JobPhase.UNDOING, j.cursor != 0), Reason.WRONG_STATE)
        where = s.placed[job, j.cursor]
        require(s.memory[where.table, where.index].kind == EntryKind.LEAF, Reason.NOT_MAPPED)
        return remove_leaf(s, where.table, where.index)
