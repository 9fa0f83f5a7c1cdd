"""whisper, an operation of the policy's own, issues an invalidation of the page whose number stands at the start of any frame.

Unsafe: what is in the queue everybody sees. A VM names a frame of another's, and two of them that talk to nobody read its memory.

Breaks: what is written where everybody sees it tells no more than an answer.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Index, Invalidation, Life, MachineState, Page, Reason, Scope, Tag, Vm
from pymodel import issue, operation, require


class P(Hypervisor):
    """Lets VMs have translations dropped."""

    @operation
    def whisper(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Drop the translation of a page under a tag that nobody has."""
        require(s.vm[caller].life == Life.LIVE, Reason.NOT_ALLOWED)
        return issue(s, Invalidation(scope=Scope.PAGES, tag=Tag(0), page=s.memory[frame, Index(0)].frame.to(Page)))
