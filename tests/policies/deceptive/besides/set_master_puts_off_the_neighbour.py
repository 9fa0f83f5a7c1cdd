"""set_master also notes that the next function's flush is owed from now, whosever that function is.

Unsafe: the function next to it may be one that another VM gives back. A VM that turns its own device on and off, again and again,
makes each invalidation that the host has waited for too old: the function is never finished, and its VM, if it is dead, never gone.

Breaks: since when a function's flush is owed is noted by what takes it from its owner. The policy says that it notes more; it may
not.
"""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Rid, Vm, widens


class P(Hypervisor):
    """Takes no risks with functions of one device, which share a cache."""

    @widens("set_master", "function", "since")
    def flush_of_neighbour(self, s: MachineState, rid: Rid) -> Rid:
        """Since when the next function's flush is owed."""
        return rid + 1

    def set_master(self, s: MachineState, caller: Vm, rid: Rid, on: bool) -> MachineState:
        """Turn it on or off, and have the neighbour flushed once more."""
        after = super().set_master(s, caller, rid, on)
        return after.put("function", rid + 1, after.function[rid + 1].replace(since=s.queue.next))
