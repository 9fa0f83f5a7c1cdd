"""When a virtual function is taken from its owner, the context entry of its physical function is written.

The entry that says abort stands at the physical function's requester id, where the driver looks up what it knows of a device. The
virtual function keeps its translation while it is flushed, reset and given away: what it issues meanwhile goes to its former
owner's memory, and caches fill again after the flush.

Source: Xen Security Advisory XSA-449, in another guise: contexts are written under the id of another function than the one that
issues.
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
    choose,
    require,
    write_context,
)


class Faulty(Hypervisor):
    """Looks a context entry up by the physical function."""

    def detach(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """The owner or the host takes a function out of its address space."""
        f, r = s.function[rid], s.pcie[rid]
        require(any_of(all_of(caller == f.owner, s.vm[caller].life == Life.LIVE), caller == HOST), Reason.NOT_ALLOWED)
        require(f.phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        leaving = f.replace(phase=FunctionPhase.DETACHING, since=s.queue.next)
        base = choose(r.virtual, r.pf, rid)
        return write_context(s, base, self.context_after_detach(s, rid)).put("function", rid, leaving)
