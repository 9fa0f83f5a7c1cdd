"""free_table puts a table back into its VM's pool as it is, where pages are cleared when they become tables.

Unsafe: a page of the pool may become the VM's memory again, and what the hypervisor had in a table is the VM's to read: which frames
there are. Who checks that each table is blank when it is made one, and that what is noted as clean is zero, finds nothing wrong.

Breaks: what ceases to be a table is blank.
"""

from __future__ import annotations

from pymodel import Frame, FrameKind, FrameRecord, Hypervisor, Level, MachineState, Page, Reason, Space, TableRecord, Vm
from pymodel import require, scrub_frame


class ClearsLate(Hypervisor):
    """Clears a page when it is taken for a table too, whatever it holds; all others do as the reference."""

    def link_table(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, child: Frame) -> MachineState:
        """Clear the table."""
        require(s.frame[child].kind == FrameKind.POOL, Reason.NOT_OWNED)
        return super().link_table(scrub_frame(s, child), caller, space, page, level, child)


class P(ClearsLate):
    """Clears none that was a table."""

    def blank_table(self, s: MachineState, table: Frame) -> MachineState:
        """Return a table frame to the pool."""
        record: FrameRecord = s.frame[table].replace(kind=FrameKind.POOL, clean=False)
        return s.replace(frame=s.frame.set(table, record), table=s.table.set(table, TableRecord.default()))
