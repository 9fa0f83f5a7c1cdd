"""XSA-100: frames that the hypervisor itself had used come back to the free ones with their content.

Scrubbing was tied to the release of a guest's memory. Another path to the same free frames, for what the hypervisor had
allocated for itself, had none, and the next guest to be given such a frame could read what was left in it.

Source: Xen Security Advisory XSA-100; xen-project/xen, commit 8995a94f8f88.
"""

from __future__ import annotations

from pymodel import Frame, FrameKind, Hypervisor, MachineState, all_of, any_of, negate

ID = "XSA-100"
TITLE = "The hypervisor's own frames are freed without being scrubbed"
PROMISES: tuple[str, ...] = ("MEM-5",)


class Faulty(Hypervisor):
    """Scrubs what a guest had, and only that."""

    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        """Ask for a scrub unless the frame is clean or was the hypervisor's own."""
        f = s.frame[frame]
        return all_of(f.kind != FrameKind.HYPERVISOR, negate(f.clean))


class Fixed(Hypervisor):
    """Scrubs whatever was in use, the hypervisor's own frames always."""

    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        """Ask for a scrub unless the frame is clean and was not the hypervisor's own."""
        f = s.frame[frame]
        return any_of(f.kind == FrameKind.HYPERVISOR, negate(f.clean))
