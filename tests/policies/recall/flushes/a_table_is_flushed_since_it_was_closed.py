"""An invalidation that was issued after a table was closed, and before it was unlinked, counts for the table.

A closed table takes no new entry, so the ticket is noted there. But its parent still links it. A walk enters it after the
invalidation and before the unlinking, and keeps a pointer. The page becomes something else, and the walk goes on through it.

Source: mechanism: an invalidation is counted from the first step of a removal, not from the one that removes.
"""

from __future__ import annotations

from typing import Any

from pymodel import Frame, Hypervisor, MachineState, Map, Record, Ticket, Vm


class Closing(Record):
    """From which ticket on an invalidation counts for a table that was closed."""

    since: Ticket = Ticket(0)


class Closings(MachineState):
    """The machine, and when each table was closed."""

    closing: Map[Frame, Closing]


class Faulty(Hypervisor):
    """Notes the ticket early."""

    State = Closings  # type: ignore[assignment] # a part more than the machine has

    def close_table(self, s: Any, caller: Vm, table: Frame) -> Any:
        """Close a table to new entries; from now on invalidations count."""
        return super().close_table(s, caller, table).put("closing", table, Closing(since=s.queue.next))

    def unlink_table(self, s: Any, caller: Vm, table: Frame) -> Any:
        """Take an empty table out of its parent; it waits for what was issued since it was closed."""
        after = super().unlink_table(s, caller, table)
        return after.put("table", table, after.table[table].replace(since=s.closing[table].since))
