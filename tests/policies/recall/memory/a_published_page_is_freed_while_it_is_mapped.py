"""A page that is published goes back to the free ones in one step, without a look at who has it mapped.

The two steps, to take the page back and to free it, are joined, and the look at the references was in the first. The frame is
given to a VM while others have it mapped to read: they see what that VM writes.

Source: Xen Security Advisory XSA-379: pages of grant tables stay accessible to a guest after they were freed.
"""

from __future__ import annotations

from pymodel import Frame, FrameKind, Hypervisor, MachineState, Reason, is_unreferenced, operation, require


class Faulty(Hypervisor):
    """Frees whatever is published."""

    @operation
    def withdraw(self, s: MachineState, frame: Frame) -> MachineState:
        """The hypervisor gives a published page back."""
        require(s.frame[frame].kind == FrameKind.PUBLISHED, Reason.WRONG_STATE)
        return self.release_frame(s, frame)


class Twin(Hypervisor):
    """Frees what is published and mapped by nobody."""

    @operation
    def withdraw(self, s: MachineState, frame: Frame) -> MachineState:
        """The hypervisor gives a published page back that nobody maps."""
        require(s.frame[frame].kind == FrameKind.PUBLISHED, Reason.WRONG_STATE)
        require(is_unreferenced(s, frame), Reason.IN_USE)
        return self.release_frame(s, frame)
