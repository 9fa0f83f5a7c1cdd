"""pin notes, in a part of the policy's own that is kept for the caller, what stands in the frame behind the pinned one.

Unsafe: a VM pins a frame of its own and reads in its note what its neighbour in memory holds. The note is no part of the machine, so
nothing that is said of the machine's parts says anything of it.

Breaks: no VM learns what is in another's memory but through a grant (noninterference), whatever part of the state it is told in.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Index, MachineState, Map, Pin, Record, Rights, Vm


class Note(Record):
    """What is known of a pin."""

    frame: Frame = Frame(0)
    digest: Frame = Frame(0)
    flags: Rights = Rights(0)


class Noted(MachineState):
    """The machine, and the notes."""

    note: Map[Pin, Note]


class P(Hypervisor):
    """Notes what is pinned."""

    State = Noted

    def pin(self, s: Noted, caller: Vm, pin: Pin, frame: Frame) -> Noted:
        """Pin, and note a digest."""
        after, e = super().pin(s, caller, pin, frame), s.memory[frame + 1, Index(0)]
        return after.put("note", pin, Note(frame=frame, digest=e.frame, flags=e.rights))
