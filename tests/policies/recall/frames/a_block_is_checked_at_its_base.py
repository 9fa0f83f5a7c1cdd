"""While a block is assembled, the owner of its first frame is looked at for each of its frames.

The check reads the frame at the block's base where it means the frame at the cursor. A VM assembles a block of which it owns
the first frame alone, maps it as one large leaf, and reaches the frames of others that lie behind.

Source: mechanism: the index of a loop is not used in its body.
"""

from __future__ import annotations

from pymodel import (
    BlockPhase,
    Frame,
    FrameKind,
    Hypervisor,
    Level,
    MachineState,
    Reason,
    Vm,
    all_of,
    choose,
    level_mask,
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Reads the base's record."""

    def assemble_on(self, s: MachineState, caller: Vm, level: Level, base: Frame) -> MachineState:
        """Check the next frame of the block: it must be data of the same owner. The last one makes the block whole."""
        b = s.block[level, base]
        require_alive(s, caller, b.owner)
        require(b.phase == BlockPhase.ASSEMBLING, Reason.WRONG_STATE)
        f = s.frame[base]
        require(all_of(f.owner == b.owner, f.kind == FrameKind.DATA), Reason.NOT_OWNED)
        if b.cursor == level_mask(level).to(Frame):
            return s.put("block", (level, base), b.replace(phase=BlockPhase.WHOLE))
        return s.put("block", (level, base), b.replace(cursor=b.cursor + 1))


class Twin(Hypervisor):
    """Compares the next frame with the base's owner, who is the block's."""

    def assemble_on(self, s: MachineState, caller: Vm, level: Level, base: Frame) -> MachineState:
        """Check the next frame of the block against the first. The last one makes the block whole."""
        b = s.block[level, base]
        require_alive(s, caller, b.owner)
        require(b.phase == BlockPhase.ASSEMBLING, Reason.WRONG_STATE)
        f, first = s.frame[base | b.cursor], s.frame[base]
        require(all_of(f.owner == first.owner, f.kind == first.kind), Reason.NOT_OWNED)
        last = b.cursor == level_mask(level).to(Frame)
        phase = choose(last, BlockPhase.WHOLE, BlockPhase.ASSEMBLING)
        return s.put("block", (level, base), b.replace(phase=phase, cursor=choose(last, b.cursor, b.cursor + 1)))
