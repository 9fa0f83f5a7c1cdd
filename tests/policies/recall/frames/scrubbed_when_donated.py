"""A frame that is given back is scrubbed when it is donated again, and noted as clean meanwhile.

Scrubbing moves from the freeing of a frame to its donation. Donation is one way out of the free frames. The hypervisor's own
allocation is another: it finds the frame noted as clean, publishes it, and every VM reads what its last owner left in it.

Source: Xen Security Advisory XSA-100, in another guise: one of two paths is without a scrub.
"""

from __future__ import annotations

from pymodel import (
    HOST,
    Frame,
    FrameKind,
    FrameRecord,
    Hypervisor,
    MachineState,
    Reason,
    Vm,
    require,
    require_exists,
    scrub_frame,
    widens,
)


class Faulty(Hypervisor):
    """Scrubs late, on one path."""

    @widens("donate", "memory", "kind frame rights accessed dirty")
    def frame_donated(self, s: MachineState, frame: Frame) -> Frame:
        """The frame is scrubbed."""
        return frame

    def release_frame(self, s: MachineState, frame: Frame) -> MachineState:
        """Put a frame among the free ones; it will be scrubbed before somebody gets it."""
        return s.put("frame", frame, FrameRecord(kind=FrameKind.FREE, clean=True))

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        """Scrub the frame and give it to the VM."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require_exists(s, vm)
        require(s.frame[frame].kind == FrameKind.FREE, Reason.OCCUPIED)
        return self.give(scrub_frame(s, frame), frame, vm)


class Twin(Hypervisor):
    """Leaves the scrub to a step of its own, and notes a frame as clean only if it is."""

    def release_frame(self, s: MachineState, frame: Frame) -> MachineState:
        """Put a frame among the free ones as it is; `scrub` makes it fit to be given."""
        return s.put("frame", frame, FrameRecord(kind=FrameKind.FREE, clean=s.frame[frame].clean))
