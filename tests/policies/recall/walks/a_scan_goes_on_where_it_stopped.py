"""A table that is closed once more is scanned from where the last scan stopped.

The table was opened between the two scans, and a leaf was put where the first had been. It counts as empty, is unlinked, and goes
back to the pool with the leaf in it.

Source: Xen Security Advisory XSA-299, in another guise: an operation that is resumed relies on what was found before.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, MachineState, Reason, TablePhase, Vm, require, require_manages


class Faulty(Hypervisor):
    """Keeps the cursor of a scan."""

    def close_table(self, s: MachineState, caller: Vm, table: Frame) -> MachineState:
        """Close a table to new entries, to see whether it is empty."""
        t = s.table[table]
        require_manages(s, caller, t.space.vm)
        require(t.phase == TablePhase.LINKED, Reason.WRONG_STATE)
        return s.put("table", table, t.replace(phase=TablePhase.CLOSING, scanned=False))
