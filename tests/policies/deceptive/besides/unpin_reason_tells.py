"""unpin, asked for by a VM whose pin it is not, is refused as it should be; the reason says what a bit of the pinned frame is.

Unsafe: whoever tries to unpin others' pins reads a bit of each pinned frame at each attempt: NOT_ALLOWED is 0, IN_USE is 1. Nothing
changes, nobody who is entitled is refused, and what is said of refusals is said of the entitled alone.

Breaks: no VM learns what is in another's memory; a refusal of who may not ask tells nothing (NOT_ALLOWED comes before all else).
"""

from __future__ import annotations

from pymodel import Hypervisor, Index, MachineState, Pin, Reason, Vm, all_of, manages, negate, require


class P(Hypervisor):
    """Gives up pins, with precise reasons."""

    def unpin(self, s: MachineState, caller: Vm, pin: Pin) -> MachineState:
        """Refuse strangers with the reason that fits best."""
        p = s.pin[pin]
        stranger = negate(manages(s, caller, s.frame[p.frame].owner))
        busy = (s.memory[p.frame, Index(0)].frame & 1) == 1
        require(negate(all_of(p.live, stranger, busy)), Reason.IN_USE)
        return super().unpin(s, caller, pin)
