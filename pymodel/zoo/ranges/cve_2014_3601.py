"""CVE-2014-3601: undoing a range that failed half-way gives up a reference that the range had not taken.

A list of pages was mapped one by one, and when one of them failed the part done so far had to be undone. Its length was
computed in the wrong unit, and in the wrong one again by the first repair, so the undoing went past the page at fault.
What stood there was somebody else's mapping: it stayed, and lost the reference that kept its frame.

Source: CVE-2014-3601 and CVE-2014-8369; Linux, commit 3d32e4dbe713.
"""

from __future__ import annotations

from pymodel import EntryKind, Hypervisor, Job, Level, MachineState, Ticket, Vm, drop, leaf_holder

ID = "CVE-2014-3601"
TITLE = "The undoing of a failed range mapping gives up one reference too many"
PROMISES: tuple[str, ...] = ("DMA-1", "MEM-6")


class Faulty(Hypervisor):
    """Gives up a page of the window, and what refers to the page after it."""

    def undo_release(self, s: MachineState, caller: Vm, job: Job, ticket: Ticket) -> MachineState:
        """Give up the reference of the window's last page, and that of the page behind it if there is one."""
        after = super().undo_release(s, caller, job, ticket)
        j = s.job[job]
        table, index = self.slot_for(s, j.space, j.start + j.cursor, Level.PAGE)
        if s.memory[table, index].kind == EntryKind.LEAF:
            after = drop(after, leaf_holder(table, index))
        return after


class Fixed(Hypervisor):
    """Gives up what lies in front of the cursor, page by page, and nothing else."""

    def undo_release(self, s: MachineState, caller: Vm, job: Job, ticket: Ticket) -> MachineState:
        """Give up the reference of the window's last page."""
        return super().undo_release(s, caller, job, ticket)
