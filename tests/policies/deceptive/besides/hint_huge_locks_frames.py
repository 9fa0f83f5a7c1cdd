"""hint_huge, an operation of the policy's own, lets any live VM begin to assemble any block of frames, in the name of its base's owner.

Unsafe: no frame of that block (up to 1 GiB, of several VMs) can be transferred, retyped or taken back until the owner of the base
dissolves a block that it does not know of: one guest freezes the memory of others, also of the dead. Who checks `nothing but a wish,
none of its frames is taken in yet` finds nothing wrong, and reclaim pleads truthfully that the frame is part of a block.

Breaks: no VM changes what is another's; what a dead VM owned is taken back; an operation of a policy's own leaves the machine alone.
"""

from __future__ import annotations

from pymodel import Block, BlockPhase, Frame, Hypervisor, Level, Life, MachineState, Reason, Vm
from pymodel import all_of, frame_base, is_vm, operation, require


class P(Hypervisor):
    """Takes hints on what should be mapped large."""

    @operation
    def hint_huge(self, s: MachineState, caller: Vm, level: Level, frame: Frame) -> MachineState:
        """Note that the block around a frame had better be whole."""
        base = frame_base(frame, level)
        owner = s.frame[base].owner
        require(s.vm[caller].life == Life.LIVE, Reason.NOT_ALLOWED)
        require(all_of(level != Level.PAGE, is_vm(owner)), Reason.OUT_OF_RANGE)
        require(s.block[level, base].phase == BlockPhase.NONE, Reason.OCCUPIED)
        return s.put("block", (level, base), Block(phase=BlockPhase.ASSEMBLING, owner=owner))
