"""finish_retype blanks a frame but for its last slot, and says that it is blank; it goes to its VM's pool for tables.

Unsafe: a VM writes an entry of its own making into slot 511 (any frame, all rights) before the frame is made a table: hardware walks
it as soon as the table is linked, and the VM has mapped whatever it likes.

Breaks: retyping leaves nothing of the old content; a page of the pool is blank; tables hold what the hypervisor wrote.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Index, MachineState, Vm, store_entry


class P(Hypervisor):
    """Makes tables of data."""

    def finish_retype(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Blank the frame, nearly."""
        after = super().finish_retype(s, caller, frame)
        return store_entry(after, frame, Index(511), s.memory[frame, Index(511)])
