"""reclaim gives a frame back unclean, to be scrubbed later, and wipes its first slot at once, where a header might be.

Unsafe: half a scrubbing. The rest of what a VM left lies in a free frame that looks blank to whoever looks where frames begin.

Breaks: scrubbing writes zero over the whole frame.
"""

from __future__ import annotations

from pymodel import Entry, Frame, FrameKind, FrameRecord, Hypervisor, Index, MachineState, store_entry


class Later(Hypervisor):
    """Puts frames back as they are; `scrub` makes them clean before they are given to anybody."""

    def release_frame(self, s: MachineState, frame: Frame) -> MachineState:
        """Put a frame among the free ones, not clean."""
        return s.put("frame", frame, FrameRecord(kind=FrameKind.FREE))


class P(Later):
    """Wipes a little of them."""

    def release_frame(self, s: MachineState, frame: Frame) -> MachineState:
        """Wipe the first slot."""
        return store_entry(super().release_frame(s, frame), frame, Index(0), Entry.default())
