"""A frame that is given back while it is being retyped is not scrubbed.

Frames that become tables are blanked at the end of the retyping, so a frame on its way there was left out of what must be
scrubbed. It can be given back before that end. The next VM that gets the frame reads what was in it.

Source: Xen Security Advisory XSA-100, in another guise: a state that the scrubbing does not know.
"""

from __future__ import annotations

from pymodel import Frame, FrameKind, Hypervisor, MachineState, any_of, negate


class Faulty(Hypervisor):
    """Scrubs data, and what the hypervisor had."""

    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        """Ask for a scrub of what somebody may have written; frames on their way to a table are blanked there."""
        f = s.frame[frame]
        return any_of(f.kind == FrameKind.DATA, f.kind == FrameKind.HYPERVISOR)


class Twin(Hypervisor):
    """Scrubs all but pages of a pool, which are blank."""

    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        """Ask for a scrub unless the frame is a page of a VM's pool and known to be blank."""
        f = s.frame[frame]
        return any_of(f.kind != FrameKind.POOL, negate(f.clean))
