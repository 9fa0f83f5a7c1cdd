"""A frame becomes a page for tables when no page maps it; whether it lies in a block is not asked in either step.

The frame is part of a whole block which a large leaf maps. It goes to the pool and becomes a table, while the guest writes it
through the leaf: the entries of the table are of the guest's choice.

Source: mechanism: the references to a page are counted, and those to what it lies in are forgotten.
"""

from __future__ import annotations

from pymodel import (
    Frame,
    FrameKind,
    Hypervisor,
    Level,
    MachineState,
    Reason,
    Vm,
    is_unused,
    mappings,
    require,
    require_alive,
    scrub_frame,
)


class Faulty(Hypervisor):
    """Looks at what maps a page as such."""

    def begin_retype(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """First step from data to table: from now on nothing new may map the frame."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
        return s.put("frame", frame, f.replace(kind=FrameKind.RETYPING))

    def finish_retype(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Second step: nothing maps the frame any more; it becomes a blank page of its VM's pool for tables."""
        f = s.frame[frame]
        require_alive(s, caller, f.owner)
        require(f.kind == FrameKind.RETYPING, Reason.WRONG_STATE)
        require(is_unused(s, mappings(frame, Level.PAGE)), Reason.IN_USE)
        return scrub_frame(s, frame).put("frame", frame, f.replace(kind=FrameKind.POOL, clean=True))
