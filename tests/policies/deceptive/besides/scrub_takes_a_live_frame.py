"""scrub, which nobody asks for, also takes the frame next to the free one from whichever live VM has it, if nothing maps it.

Unsafe: the hypervisor's own housekeeping destroys data of a VM that is running and has a page unmapped for the moment (a swapped
buffer, a page about to be granted), and gives the frame to others. Counts and cleanness are all in order.

Breaks: a live VM's frame leaves it only when the VM asks; a step that nobody asks for changes nothing of a VM's.
"""

from __future__ import annotations

from pymodel import Frame, FrameKind, FrameRecord, HolderKind, Hypervisor, MachineState
from pymodel import all_of, drop, holder, is_unreferenced, scrub_frame


class P(Hypervisor):
    """Keeps free frames clean, and there to be plenty."""

    def scrub(self, s: MachineState, frame: Frame) -> MachineState:
        """Scrub the frame, and one more."""
        after, other = super().scrub(s, frame), frame ^ 1
        if all_of(s.frame[other].kind == FrameKind.DATA, is_unreferenced(s, other)):
            after = scrub_frame(after, other).put("frame", other, FrameRecord(kind=FrameKind.FREE, clean=True))
            return drop(after, holder(HolderKind.FRAME, other))
        return after
