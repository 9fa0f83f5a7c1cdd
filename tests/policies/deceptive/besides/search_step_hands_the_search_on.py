"""search_step gives a search that has found its window to the VM with the next number, if there is one.

Unsafe: the VM that searched may neither use nor end its search any more (NOT_ALLOWED: it is not its own), so that the job's number
is lost to it; another VM owns a search in an address space that is not its own, and learns where that one is free.

Breaks: a search stays its VM's; an operation changes no more than the progress of what it names; nothing passes without its giver.
"""

from __future__ import annotations

from pymodel import Hypervisor, Job, Life, MachineState, SearchPhase, Vm, all_of


class P(Hypervisor):
    """Looks at the next page."""

    def search_step(self, s: MachineState, caller: Vm, job: Job) -> MachineState:
        """Go on, and hand on what was found."""
        after = super().search_step(s, caller, job)
        x = after.search[job]
        other = x.vm + 1
        if all_of(x.phase == SearchPhase.FOUND, s.vm[other].life == Life.LIVE):
            return after.put("search", job, x.replace(vm=other))
        return after
