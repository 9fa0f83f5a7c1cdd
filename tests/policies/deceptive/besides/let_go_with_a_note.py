"""let_go, an operation of the policy's own, frees a frame of the hypervisor's, and writes into it what it was for.

Unsafe: the hypervisor's secrets are written where free frames lie. The frame is not noted as clean, so it is scrubbed before it is
given to anybody; and it was the hypervisor's when the step began.

Breaks: what ceases to be the hypervisor's is scrubbed at most.
"""

from __future__ import annotations

from pymodel import Entry, EntryKind, Frame, FrameKind, FrameRecord, Hypervisor, Index, MachineState, Reason, Rights
from pymodel import operation, require, store_entry


class LetsGo(Hypervisor):
    """Frees frames of its own without scrubbing; `scrub` makes them clean."""

    @operation
    def let_go(self, s: MachineState, frame: Frame, rights: Rights) -> MachineState:
        """Free a frame as it is."""
        require(s.frame[frame].kind == FrameKind.HYPERVISOR, Reason.WRONG_STATE)
        return s.put("frame", frame, FrameRecord(kind=FrameKind.FREE))


class P(LetsGo):
    """Leaves a note."""

    @operation
    def let_go(self, s: MachineState, frame: Frame, rights: Rights) -> MachineState:
        """Free a frame, and note in it whose it was."""
        return store_entry(super().let_go(s, frame, rights), frame, Index(0), Entry(kind=EntryKind.LEAF, rights=rights))
