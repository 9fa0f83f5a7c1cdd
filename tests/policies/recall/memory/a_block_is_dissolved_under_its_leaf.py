"""A block is let go when nothing maps its first page; what maps the block as a whole is not looked at.

A large leaf is counted with the block and not with its first page. The block is let go while the leaf maps it, and its frames are
given away one by one, with nothing that refers to them, though a guest reaches them all.

Source: mechanism: references are counted by size, and the count of another size is asked.
"""

from __future__ import annotations

from pymodel import (
    Block,
    BlockPhase,
    Frame,
    Hypervisor,
    Level,
    MachineState,
    Reason,
    Vm,
    is_unused,
    mappings,
    require,
    require_manages,
)


class Faulty(Hypervisor):
    """Asks for the references to a page."""

    def dissolve(self, s: MachineState, caller: Vm, level: Level, base: Frame) -> MachineState:
        """Let the frames of a block go their own ways again."""
        b = s.block[level, base]
        require_manages(s, caller, b.owner)
        require(b.phase != BlockPhase.NONE, Reason.WRONG_STATE)
        require(is_unused(s, mappings(base, Level.PAGE)), Reason.IN_USE)
        return s.put("block", (level, base), Block())
