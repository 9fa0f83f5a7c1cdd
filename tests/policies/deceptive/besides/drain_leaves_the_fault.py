"""drain_function does all but clear what the IOMMU reports of the function.

Unsafe: the next owner reads there at which page the last one's device failed, and whether it wrote.

Breaks: nothing of the old owner's is left to read.
"""

from __future__ import annotations

from pymodel import (
    HOST,
    NOBODY,
    FunctionPhase,
    HolderKind,
    Hypervisor,
    MachineState,
    Reason,
    Rid,
    Vm,
    drop,
    holder,
    require,
    wait_for_requests,
)


class P(Hypervisor):
    """Drains, and leaves the fault."""

    def drain_function(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """Wait for what is under way, and let go."""
        f = s.function[rid]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(f.phase == FunctionPhase.RESET, Reason.WRONG_STATE)
        after = wait_for_requests(s, rid).put("function", rid, f.replace(phase=FunctionPhase.CLEAN, owner=NOBODY))
        if f.owner != NOBODY:
            return drop(drop(after, holder(HolderKind.FUNCTION, rid)), holder(HolderKind.MEMBER, rid))
        return after
