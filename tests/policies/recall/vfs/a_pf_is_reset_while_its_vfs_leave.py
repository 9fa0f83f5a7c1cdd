"""A physical function may be reset while its virtual functions are being removed.

They are on their way out, so they count as gone. The reset clears the registers from which the remaining ones got their ids.
The hypervisor goes on with VFs that the device does not have any more, and one of them may still be a VM's.

Source: mechanism: PCIe says that a reset of a PF takes its VFs away; who has them is not asked.
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
    """Refuses a reset while VFs come up or are up."""

    def reset_function(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """Reset a function that nobody uses any more; a physical one has no virtual functions, or loses them just now."""
        f, vfs = s.function[rid], s.pf[rid].phase
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(all_of(s.pcie[rid].present, s.iommu.on), Reason.WRONG_STATE)
        require(any_of(f.phase == FunctionPhase.IDLE, f.phase == FunctionPhase.FLUSHED), Reason.WRONG_STATE)
        require(any_of(vfs == SriovPhase.OFF, vfs == SriovPhase.REMOVING), Reason.IN_USE)
        return function_level_reset(s, rid).put("function", rid, f.replace(phase=FunctionPhase.RESET))
