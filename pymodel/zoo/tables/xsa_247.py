"""XSA-247: a page is recycled although taking it out of its large leaf failed.

To take one page out of a large leaf the leaf must be split, which needs a new table and so can fail. The callers did not
look at the answer. They found no small leaf for the page, which is true as long as the large one stands, and put the page
back among the free ones with the large leaf still over it.

Source: Xen Security Advisory XSA-247; xen-project/xen, commits ca708d351775 and ea1620fed810 (XSA-222: 0780e81846b2).
"""

from __future__ import annotations

from pymodel import (
    Frame,
    FrameKind,
    HolderKind,
    Hypervisor,
    Level,
    MachineState,
    Reason,
    Vm,
    any_of,
    drop,
    holder,
    is_unreferenced,
    is_unused,
    mappings,
    require,
    require_manages,
)

ID = "XSA-247"
TITLE = "A page is recycled from under a large leaf that could not be split"
PROMISES: tuple[str, ...] = ("INV-1", "LIF-4", "MEM-1", "MEM-10")


class Faulty(Hypervisor):
    """Takes it for granted that no large leaf is left."""

    def reclaim(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """A VM gives a frame back: refused while a leaf of its own size refers to it."""
        f = s.frame[frame]
        require_manages(s, caller, f.owner)
        require(any_of(f.kind == FrameKind.DATA, f.kind == FrameKind.RETYPING, f.kind == FrameKind.POOL), Reason.IN_USE)
        require(is_unused(s, mappings(frame, Level.PAGE)), Reason.IN_USE)
        return drop(self.release_frame(s, frame), holder(HolderKind.FRAME, frame))


class Fixed(Hypervisor):
    """Looks for leaves of every size."""

    def reclaim(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """A VM gives a frame back: refused while anything refers to it or to a block around it."""
        f = s.frame[frame]
        require_manages(s, caller, f.owner)
        require(any_of(f.kind == FrameKind.DATA, f.kind == FrameKind.RETYPING, f.kind == FrameKind.POOL), Reason.IN_USE)
        require(is_unreferenced(s, frame), Reason.IN_USE)
        return drop(self.release_frame(s, frame), holder(HolderKind.FRAME, frame))
