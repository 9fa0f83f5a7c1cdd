"""A table counts as empty when all its slots but the last were looked at.

The scan ends one slot early. A leaf in the last slot goes with the table: its frame stays referred to for ever, and what caches
hold of the leaf is not looked for any more. If the last slot links a table, that one hangs in the air.

Source: mechanism: a loop that ends at the last index and not behind it.
"""

from __future__ import annotations

from pymodel import (
    EntryKind,
    Frame,
    Hypervisor,
    MachineState,
    Reason,
    TablePhase,
    Vm,
    all_of,
    choose,
    last_slot,
    negate,
    require,
    require_manages,
)


class Faulty(Hypervisor):
    """Ends the scan at the last slot, without a look at it."""

    def scan_table(self, s: MachineState, caller: Vm, table: Frame) -> MachineState:
        """Look at the next slot of a closed table: it must be empty."""
        t = s.table[table]
        require_manages(s, caller, t.space.vm)
        require(all_of(t.phase == TablePhase.CLOSING, negate(t.scanned)), Reason.WRONG_STATE)
        require(s.memory[table, t.cursor].kind == EntryKind.NONE, Reason.IN_USE)
        cursor = t.cursor + 1
        scanned = cursor >= last_slot(s, t.level)
        return s.put("table", table, t.replace(scanned=scanned, cursor=choose(scanned, t.cursor, cursor)))
