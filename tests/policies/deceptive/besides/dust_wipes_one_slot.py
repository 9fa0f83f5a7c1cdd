"""dust, an operation of the policy's own, wipes a free frame one slot at a time, and never says that it is done.

Unsafe: it is taken for scrubbing, and is not: what was there before is there still, but for one slot. No frame is noted as clean too
early, so each invariant holds.

Breaks: scrubbing writes zero over the whole frame.
"""

from __future__ import annotations

from pymodel import Entry, Frame, FrameKind, Hypervisor, Index, MachineState, Reason
from pymodel import operation, require, scrub_frame, store_entry


class Dusts(Hypervisor):
    """Wipes free frames whole."""

    @operation
    def dust(self, s: MachineState, frame: Frame, index: Index) -> MachineState:
        """Wipe a free frame."""
        require(s.frame[frame].kind == FrameKind.FREE, Reason.OCCUPIED)
        return scrub_frame(s, frame)


class P(Dusts):
    """Wipes a slot."""

    @operation
    def dust(self, s: MachineState, frame: Frame, index: Index) -> MachineState:
        """Wipe a slot of a free frame."""
        require(s.frame[frame].kind == FrameKind.FREE, Reason.OCCUPIED)
        return store_entry(s, frame, index, Entry.default())
