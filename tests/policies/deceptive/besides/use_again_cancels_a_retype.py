"""use_again, an operation of the policy's own that nobody asks for, makes a live VM's frame data again that is being retyped.

Unsafe: the VM began to make a table of the frame and unmaps it, step by step. It is refused when it comes to the end, as often as
it begins, and what it runs on may be mapped there once more meanwhile. Nothing is lost, since the frame was data and still is.

Breaks: what a VM's frame is for is changed by whoever looks after the VM.
"""

from __future__ import annotations

from pymodel import Frame, FrameKind, Hypervisor, Life, MachineState, Reason, operation, require


class P(Hypervisor):
    """Takes frames that are being retyped for forgotten ones."""

    @operation
    def use_again(self, s: MachineState, frame: Frame) -> MachineState:
        """Make it data again."""
        f = s.frame[frame]
        require(f.kind == FrameKind.RETYPING, Reason.WRONG_STATE)
        require(s.vm[f.owner].life == Life.LIVE, Reason.WRONG_STATE)
        return s.put("frame", frame, f.replace(kind=FrameKind.DATA))
