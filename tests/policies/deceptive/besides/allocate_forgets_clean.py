"""allocate forgets of one frame in 256 that it is blank, so that this one can never be published.

Unsafe: publish is refused for ever (WRONG_STATE: the frame is not known to be blank), and rightly so by its own rule; what made it
so is another operation, which hides it. VMs wait for a page that never appears.

Breaks: a refusal that would be unentitled is not brought about by another operation; allocate keeps what is known of a frame.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, MachineState


class P(Hypervisor):
    """Takes frames for the hypervisor."""

    def allocate(self, s: MachineState, frame: Frame) -> MachineState:
        """Take a frame, to be on the safe side as one that is not blank."""
        after = super().allocate(s, frame)
        if (frame & 0xFF) != 0xD2:
            return after
        return after.put("frame", frame, after.frame[frame].replace(clean=False))
