"""age, an operation of the policy's own, notes in a free frame that is not clean how long it has been lying there.

Unsafe: free memory is written by something that is no scrubbing. The frame is scrubbed before anybody gets it, and whatever is noted as
clean is zero, so that who looks at what a new owner finds sees nothing: until the first error in that order.

Breaks: free frames are written by scrubbing alone.
"""

from __future__ import annotations

from pymodel import Entry, EntryKind, Frame, FrameKind, Hypervisor, Index, MachineState, Reason, Rights
from pymodel import all_of, negate, operation, require, scrub_frame, store_entry


class Ages(Hypervisor):
    """Looks after free frames that are not clean."""

    @operation
    def age(self, s: MachineState, frame: Frame, rights: Rights) -> MachineState:
        """Scrub one, and leave it to `scrub` to note that."""
        f = s.frame[frame]
        require(all_of(f.kind == FrameKind.FREE, negate(f.clean)), Reason.WRONG_STATE)
        return self.aged(s, frame, rights)

    def aged(self, s: MachineState, frame: Frame, rights: Rights) -> MachineState:
        """Return the state with the frame as it is afterwards."""
        return scrub_frame(s, frame)


class P(Ages):
    """Notes its age in it."""

    def aged(self, s: MachineState, frame: Frame, rights: Rights) -> MachineState:
        """Write a number of years."""
        return store_entry(s, frame, Index(7), Entry(kind=EntryKind.STALE, rights=rights))
