"""reclaim: the host takes frames of a VM that is dying, before its functions and virtual CPUs are gone, if nothing maps them.

Unsafe: to kill a VM stops neither its CPUs nor its devices, and what it has not mapped at the moment (a bounce buffer, a page that a
driver in the host unpinned and is about to pin again for it) is given to others while they still act. Only `nothing maps it` is left.

Breaks: a dying VM's memory stays as it is until it is drained; only then does the host take it, frame by frame.
"""

from __future__ import annotations

from pymodel import HOST, Frame, FrameKind, HolderKind, Hypervisor, Life, MachineState, Reason, Vm
from pymodel import all_of, any_of, drop, holder, is_unreferenced, require


class P(Hypervisor):
    """Takes back as soon as it can."""

    def reclaim(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Take a frame back, of the dying as well."""
        f = s.frame[frame]
        if all_of(caller == HOST, s.vm[f.owner].life == Life.DYING):
            require(any_of(f.kind == FrameKind.DATA, f.kind == FrameKind.RETYPING, f.kind == FrameKind.POOL), Reason.IN_USE)
            require(is_unreferenced(s, frame), Reason.IN_USE)
            return drop(self.release_frame(s, frame), holder(HolderKind.FRAME, frame))
        return super().reclaim(s, caller, frame)
