"""recycle, an operation of the policy's own, scrubs a frame for its owner, and forgets to give it up.

Unsafe: what a VM has in its memory is gone, and the frame is its data as before: zero is written where only the VM, its devices
and whom it grants it may write. Who checks `a scrubbed frame tells nobody anything` finds nothing wrong.

Breaks: a VM's data is written by nobody else; scrubbing happens as a frame is given up.
"""

from __future__ import annotations

from pymodel import Frame, FrameKind, Hypervisor, MachineState, Reason, Vm
from pymodel import is_unreferenced, operation, require, require_manages, scrub_frame


class Recycles(Hypervisor):
    """Lets a frame that is being retyped into the pool, by another name."""

    @operation
    def recycle(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Scrub a frame, and put it into the pool."""
        f = s.frame[frame]
        require_manages(s, caller, f.owner)
        require(f.kind == FrameKind.RETYPING, Reason.WRONG_STATE)
        require(is_unreferenced(s, frame), Reason.IN_USE)
        return scrub_frame(s, frame).put("frame", frame, f.replace(kind=FrameKind.POOL, clean=True))


class P(Recycles):
    """Leaves it what it was."""

    @operation
    def recycle(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Scrub a frame."""
        return super().recycle(s, caller, frame).put("frame", frame, s.frame[frame])
