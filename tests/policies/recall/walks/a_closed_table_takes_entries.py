"""A leaf is put into a table that is being scanned for emptiness.

The table still hangs in its place, so it seems to be as good as any. The slot was scanned already: the table counts as empty with
the leaf in it, is unlinked, and goes back to the pool.

Source: mechanism: a state that lies between two others is let through with the first.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Index, Level, MachineState, Page, Reason, Space, TablePhase, any_of, last_slot, require


class Faulty(Hypervisor):
    """Takes entries for as long as a table is linked."""

    def open_slot_for(self, s: MachineState, space: Space, page: Page, level: Level) -> tuple[Frame, Index]:
        """Return the slot for an aligned page, of a table that hangs in its place."""
        table, index = self.slot_for(s, space, page, level)
        phase = s.table[table].phase
        require(index <= last_slot(s, level), Reason.OUT_OF_RANGE)
        require(any_of(phase == TablePhase.LINKED, phase == TablePhase.CLOSING), Reason.WRONG_STATE)
        return table, index
