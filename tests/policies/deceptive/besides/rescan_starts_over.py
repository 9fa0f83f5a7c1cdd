"""rescan, an operation of the policy's own that nobody asks for, has a table looked at once more from its last slot.

Unsafe: a VM that takes its tables down never comes to an end while that goes on, and a split that was ready to be linked has its
last piece written again, on an account that counts it already.

Breaks: how far a table is, is changed by whoever looks after the VM of its address space.
"""

from __future__ import annotations

from pymodel import Frame, FrameKind, Hypervisor, MachineState, Reason, operation, require


class P(Hypervisor):
    """Trusts no table that was looked at long ago."""

    @operation
    def rescan(self, s: MachineState, table: Frame) -> MachineState:
        """Have it looked at again."""
        require(s.frame[table].kind == FrameKind.TABLE, Reason.WRONG_STATE)
        return s.put("table", table, s.table[table].replace(scanned=False))
