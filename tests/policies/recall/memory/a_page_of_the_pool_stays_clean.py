"""A page that comes out of a pool for tables keeps the note that it is blank.

The page is its VM's memory again, and the VM writes it. When it is given back, the note says that nothing needs to be scrubbed:
the next owner finds what the last one wrote.

Source: mechanism: a mark is set where a page is blanked, and not cleared where somebody else may write it.
"""

from __future__ import annotations

from pymodel import Frame, FrameKind, Hypervisor, MachineState, Reason, Vm, require, require_alive


class Faulty(Hypervisor):
    """Leaves the note."""

    def unpool(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """A blank page of the pool becomes data of its VM again."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(f.kind == FrameKind.POOL, Reason.WRONG_STATE)
        return s.put("frame", frame, f.replace(kind=FrameKind.DATA))
