"""A table that was unlinked is made memory of its VM again, without a flush.

The page goes from table to data in one step, which leaves out the step that waits for walk caches. They still point to the
page. The guest writes entries to its liking there, and a walk takes them for a table's: the guest reaches every frame.

Source: Xen Security Advisory XSA-480, in another guise: the short way past the pool.
"""

from __future__ import annotations

from pymodel import Frame, HolderKind, Hypervisor, MachineState, TablePhase, Ticket, Vm, drop, holder, operation, require_alive


class Faulty(Hypervisor):
    """Takes a table that is unlinked for a page of the pool."""

    def unpool(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """A blank page of the pool, or a table that is linked no more, becomes data of its VM."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        if s.table[frame].phase == TablePhase.RETIRED:
            blank = drop(self.blank_table(s, frame), holder(HolderKind.TABLE, frame))
            return super().unpool(blank, caller, frame)
        return super().unpool(s, caller, frame)


class Twin(Hypervisor):
    """Has an operation for both steps, which waits as the first of them does."""

    @operation
    def unlinked_to_data(self, s: MachineState, caller: Vm, table: Frame, ticket: Ticket) -> MachineState:
        """A table that is linked no more, and that no walk cache points to, becomes data of its VM."""
        return self.unpool(self.free_table(s, caller, table, ticket), caller, table)
