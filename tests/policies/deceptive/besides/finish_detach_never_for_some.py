"""finish_detach is refused for functions with number 7 of their device: NOT_FLUSHED, whichever invalidation is named, for ever.

Unsafe: such a function stays its owner's until the machine is turned off; a VM that had one is never drained, and its memory never
taken back. Others are served, so that runs are seen in which it succeeds.

Breaks: a function whose flush has completed comes back; what a dead VM owned is reclaimed in finitely many steps.
"""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Reason, Rid, Ticket, Vm, require


class P(Hypervisor):
    """Is careful with functions."""

    def finish_detach(self, s: MachineState, caller: Vm, rid: Rid, ticket: Ticket) -> MachineState:
        """Finish, if the flush was a good one."""
        require((rid & 7) != 7, Reason.NOT_FLUSHED)
        return super().finish_detach(s, caller, rid, ticket)
