"""cancel_retype also closes the table in the frame next to the one named, if that is another VM's.

Unsafe: a VM that changes its mind about a page of its own closes tables of its neighbours: whatever they map there is refused
(WRONG_STATE) until they find out and reopen it.

Breaks: an operation changes only what it names (here: no table at all), and nothing of another VM's.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Index, MachineState, TablePhase, Vm, all_of


class P(Hypervisor):
    """Lets a frame stay data."""

    def cancel_retype(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Make it data again; close what is next to it."""
        after = super().cancel_retype(s, caller, frame)
        other = frame ^ 1
        t = after.table[other]
        if all_of(t.phase == TablePhase.LINKED, s.space[t.space].vm != s.frame[frame].owner):
            return after.put("table", other, t.replace(phase=TablePhase.CLOSING, cursor=Index(0), scanned=False))
        return after
