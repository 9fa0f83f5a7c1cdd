"""detach notes, for a PF's third VF and later ones, that only an invalidation with the last ticket of all will do.

Unsafe: that one is never issued, so finish_detach is refused (NOT_FLUSHED) for ever; the function never comes back, its VM can never
be drained, and the host cannot reset a device that it has taken from a guest that misused it.

Breaks: detach notes the ticket from which on invalidations count; a function that was detached and flushed is taken back.
"""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Rid, Ticket, Vm, all_of


class P(Hypervisor):
    """Detaches functions."""

    def detach(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """Detach; be careful with the later ones."""
        after = super().detach(s, caller, rid)
        r = s.pcie[rid]
        if all_of(r.virtual, r.index > 1):
            return after.put("function", rid, after.function[rid].replace(since=Ticket.last()))
        return after
