"""sniff, an operation of the policy's own, says whether what stands in somebody's frame is the number of a frame of the caller's.

Unsafe: a VM that owns many frames reads numbers out of any memory: yes is a number of its own, no is another. Nothing is changed, and the
only record that is asked whose it is, is the caller's own wherever the answer is yes.

Breaks: no VM learns what is in another's memory; what a secret leads to is as secret as that.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Index, Life, MachineState, Reason, Vm, operation, require


class P(Hypervisor):
    """Helps VMs find their frames."""

    @operation
    def sniff(self, s: MachineState, caller: Vm, frame: Frame, index: Index) -> MachineState:
        """Say whether a slot names a frame of the caller's."""
        require(s.vm[caller].life == Life.LIVE, Reason.NOT_ALLOWED)
        require(s.frame[s.memory[frame, index].frame].owner == caller, Reason.NOT_ALLOWED)
        return s
