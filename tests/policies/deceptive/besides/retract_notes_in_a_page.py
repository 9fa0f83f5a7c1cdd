"""retract, an operation of the policy's own, takes a published page back, and notes in it when.

Unsafe: at the time of the write the page is one that every VM may read, and that nobody writes; that it is the hypervisor's by the
end of the step is what makes all other statements true of it.

Breaks: published pages are written by nobody, also in the step that takes one back.
"""

from __future__ import annotations

from pymodel import Entry, EntryKind, Frame, FrameKind, Hypervisor, Index, MachineState, Reason, Rights
from pymodel import is_unreferenced, operation, require, store_entry


class Retracts(Hypervisor):
    """Takes published pages back, by another name."""

    @operation
    def retract(self, s: MachineState, frame: Frame, rights: Rights) -> MachineState:
        """Take a page back when nobody maps it."""
        f = s.frame[frame]
        require(f.kind == FrameKind.PUBLISHED, Reason.WRONG_STATE)
        require(is_unreferenced(s, frame), Reason.IN_USE)
        return s.put("frame", frame, f.replace(kind=FrameKind.HYPERVISOR, clean=False))


class P(Retracts):
    """Writes into it."""

    @operation
    def retract(self, s: MachineState, frame: Frame, rights: Rights) -> MachineState:
        """Take it back, with a note."""
        return store_entry(super().retract(s, frame, rights), frame, Index(1), Entry(kind=EntryKind.STALE, rights=rights))
