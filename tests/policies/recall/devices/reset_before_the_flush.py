"""A function may be reset, drained and given away as soon as its context says abort, before caches were flushed.

The context in memory blocks, so the function counts as quiet. Hardware still has the old context cached, and what the IOTLB
holds under the old tag. The next owner's device requests are translated by the old owner's tables.

Source: mechanism: a device is reset when its entry was written, not when the entry has taken effect.
"""

from __future__ import annotations

from pymodel import (
    HOST,
    FunctionPhase,
    Hypervisor,
    MachineState,
    Reason,
    Rid,
    SriovPhase,
    Vm,
    all_of,
    any_of,
    function_level_reset,
    require,
)


class Faulty(Hypervisor):
    """Takes a function that is being detached for one that may be reset."""

    def reset_function(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """Reset a function whose context lets nothing through."""
        f = s.function[rid]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(all_of(s.pcie[rid].present, s.iommu.on), Reason.WRONG_STATE)
        blocked = any_of(f.phase == FunctionPhase.DETACHING, f.phase == FunctionPhase.FLUSHED)
        require(any_of(f.phase == FunctionPhase.IDLE, blocked), Reason.WRONG_STATE)
        require(s.pf[rid].phase == SriovPhase.OFF, Reason.IN_USE)
        return function_level_reset(s, rid).put("function", rid, f.replace(phase=FunctionPhase.RESET))
