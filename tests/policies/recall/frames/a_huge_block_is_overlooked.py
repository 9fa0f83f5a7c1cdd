"""A frame is given back because it is in no block of the middle size; the largest size is not looked at.

Support for the largest leaves came later, and the reclaiming of frames does not know of them. A frame goes to another VM while
a leaf of 1 GiB over it stands, through which its old owner reads and writes it.

Source: Xen Security Advisory XSA-247, in another guise: a page is recycled under a large leaf.
"""

from __future__ import annotations

from pymodel import (
    BlockPhase,
    Frame,
    FrameKind,
    HolderKind,
    Hypervisor,
    Level,
    MachineState,
    Reason,
    Vm,
    all_of,
    any_of,
    drop,
    frame_base,
    holder,
    is_unused,
    mappings,
    negate,
    require,
    require_manages,
)


class Faulty(Hypervisor):
    """Looks for blocks of one size."""

    def reclaim(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """A VM gives a frame back: refused while a page or a block refers to it."""
        f = s.frame[frame]
        require_manages(s, caller, f.owner)
        require(any_of(f.kind == FrameKind.DATA, f.kind == FrameKind.RETYPING, f.kind == FrameKind.POOL), Reason.IN_USE)
        b, offset = s.block[Level.BLOCK, frame_base(frame, Level.BLOCK)], frame & 0x1FF
        held = any_of(b.phase == BlockPhase.WHOLE, all_of(b.phase == BlockPhase.ASSEMBLING, offset < b.cursor))
        require(all_of(is_unused(s, mappings(frame, Level.PAGE)), negate(held)), Reason.IN_USE)
        return drop(self.release_frame(s, frame), holder(HolderKind.FRAME, frame))
