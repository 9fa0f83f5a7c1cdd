"""A large leaf is mapped over a block that is still being assembled.

That somebody has begun to assemble the block, under the right owner, is taken for enough. The frames that were not looked at yet
may be anybody's, and the leaf reaches them all.

Source: Xen Security Advisory XSA-148: large mappings are made without a look at all that they cover.
"""

from __future__ import annotations

from pymodel import BlockPhase, Frame, Hypervisor, Level, MachineState, Vm, all_of, frame_base


class Faulty(Hypervisor):
    """Asks whose a block is, not how far it is."""

    def is_whole(self, s: MachineState, level: Level, frame: Frame, vm: Vm) -> bool:
        """Say whether a frame begins a block of that level that belongs to a VM."""
        b = s.block[level, frame]
        return all_of(frame_base(frame, level) == frame, b.phase != BlockPhase.NONE, b.owner == vm)
