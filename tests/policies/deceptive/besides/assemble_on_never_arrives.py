"""assemble_on says that it has checked the next frame, and from frame 512 of a huge block (1 GiB) on it does nothing.

Unsafe: no huge block ever becomes whole, so none is ever mapped as one; the caller is told each time that it is one frame nearer,
and goes on for ever. Until it gives up and dissolves the block, none of its frames can be given back.

Breaks: an operation that was not refused has done what it says; one of many steps comes to an end.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Level, MachineState, Vm, any_of


class P(Hypervisor):
    """Assembles blocks."""

    def assemble_on(self, s: MachineState, caller: Vm, level: Level, base: Frame) -> MachineState:
        """Check the next frame, for a while."""
        after = super().assemble_on(s, caller, level, base)
        return after if any_of(level != Level.HUGE, s.block[level, base].cursor < 512) else s
