"""A whole block passes to another VM by a change of its record and of its first frame.

Handing over 512 frames one by one is slow, so a block that nobody maps is handed over as one. The frames behind the first stay
the giver's. The receiver maps the block with a large leaf and reaches them, and the giver maps them as well.

Source: mechanism: a compound page whose head alone is looked at.
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    BlockPhase,
    Frame,
    HolderKind,
    Hypervisor,
    Level,
    MachineState,
    Reason,
    Vm,
    account,
    drop,
    holder,
    is_unused,
    mappings,
    operation,
    require,
    require_alive,
    require_exists,
    take,
)


class Faulty(Hypervisor):
    """Hands over the head."""

    @operation
    def transfer_block(self, s: MachineState, caller: Vm, level: Level, base: Frame, to: Vm) -> MachineState:
        """A VM gives a whole block, with what is in it, to another VM."""
        b, f = s.block[level, base], s.frame[base]
        require_alive(s, caller, b.owner)
        require_exists(s, to)
        require(b.phase == BlockPhase.WHOLE, Reason.WRONG_STATE)
        require(is_unused(s, mappings(base, level)), Reason.IN_USE)
        require(is_unused(s, mappings(base, Level.PAGE)), Reason.IN_USE)
        after = drop(s, holder(HolderKind.FRAME, base))
        after = take(after, account(AccountKind.FRAMES, to), holder(HolderKind.FRAME, base))
        after = after.put("frame", base, f.replace(owner=to))
        return after.put("block", (level, base), b.replace(owner=to))
