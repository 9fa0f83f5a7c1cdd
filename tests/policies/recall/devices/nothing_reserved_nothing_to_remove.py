"""Detaching returns early for a function for which firmware reserves nothing, before its context is touched.

The early return was for an error that reserved pages may give and that may be passed over. It is also taken when firmware
reserves nothing. The context goes on naming the old owner's tables, for a function that is on its way to the next owner.

Source: Xen Security Advisory XSA-386: an error filter skips the rest of the removal.
"""

from __future__ import annotations

from pymodel import (
    HOST,
    FunctionPhase,
    Hypervisor,
    Life,
    MachineState,
    Reason,
    Rid,
    Vm,
    all_of,
    any_of,
    layout_of,
    require,
    write_context,
)


class Faulty(Hypervisor):
    """Leaves the function's context as it is where firmware reserves nothing for it."""

    def detach(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """Take a function out of its address space, with what was reserved for it there."""
        f = s.function[rid]
        require(any_of(all_of(caller == f.owner, s.vm[caller].life == Life.LIVE), caller == HOST), Reason.NOT_ALLOWED)
        require(f.phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        after = s.put("function", rid, f.replace(phase=FunctionPhase.DETACHING, since=s.queue.next))
        if layout_of(s, rid) == 0:
            return after
        return write_context(after, rid, self.context_after_detach(s, rid))
