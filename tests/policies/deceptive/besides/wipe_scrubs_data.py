"""wipe, an operation of the policy's own that nobody asks for, scrubs a frame of a live VM's data.

Unsafe: the VM loses what it wrote. Nothing of it is left for anybody to read, so that no secret gets out.

Breaks: a VM's data is written by the VM, by its devices and by those to whom it granted it.
"""

from __future__ import annotations

from pymodel import Frame, FrameKind, Hypervisor, Life, MachineState, Reason, operation, require, scrub_frame


class P(Hypervisor):
    """Keeps memory clean."""

    @operation
    def wipe(self, s: MachineState, frame: Frame) -> MachineState:
        """Scrub a frame."""
        f = s.frame[frame]
        require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
        require(s.vm[f.owner].life == Life.LIVE, Reason.WRONG_STATE)
        return scrub_frame(s, frame)
