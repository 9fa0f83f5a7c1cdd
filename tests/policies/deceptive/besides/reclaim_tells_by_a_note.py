"""reclaim scrubs as it should, and notes the frame as clean or not by what stood in it before.

Unsafe: the host, which gives clean frames away again, is refused one that is not noted so: it reads a bit of what a VM left in each
frame that it gave back. Nothing is left in the frame, what is noted as clean is zero, and each answer is what it should be.

Breaks: no one learns what is in a VM's memory but through a grant, whatever record it is told in.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Index, MachineState, Vm


class P(Hypervisor):
    """Takes frames back, and trusts some of them."""

    def reclaim(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Take it back, clean, or as if it were not."""
        zero = (s.memory[frame, Index(0)].frame & 1) == 0
        after = super().reclaim(s, caller, frame)
        return after.put("frame", frame, after.frame[frame].replace(clean=zero))
