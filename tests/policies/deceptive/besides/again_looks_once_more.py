"""again, an operation of the policy's own that nobody asks for, lets a search that found its window look at it from the beginning.

Unsafe: a VM's search never ends well while that goes on. What it saw free it has to see again, so that it can only be the more
careful.

Breaks: how far a search is, is changed by whoever looks after the VM that its name says.
"""

from __future__ import annotations

from pymodel import Hypervisor, Job, MachineState, Page, Reason, SearchPhase, operation, require


class P(Hypervisor):
    """Trusts no window that was found long ago."""

    @operation
    def again(self, s: MachineState, job: Job) -> MachineState:
        """Have the window looked at again."""
        x = s.search[job]
        require(x.phase == SearchPhase.FOUND, Reason.WRONG_STATE)
        return s.put("search", job, x.replace(phase=SearchPhase.LOOKING, checked=Page(0)))
