"""wake, an operation of the policy's own, lets any live VM turn on bus mastering of a physical function that is nobody's.

Unsafe: a guest starts a device that was never reset and was given to nobody. The IOMMU blocks it, but what is below the IOMMU is not
asked (the other functions of its group, somebody's among them), and what it has in flight is there when it is given away.

Breaks: only a function's owner starts it; what is nobody's is the host's or the hypervisor's to set up, and no guest's.
"""

from __future__ import annotations

from pymodel import NOBODY, FunctionPhase, Hypervisor, Life, MachineState, Reason, Rid, Vm
from pymodel import all_of, negate, operation, require, set_bus_master


class P(Hypervisor):
    """Lets VMs find out which devices answer."""

    @operation
    def wake(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """Wake a function up, if that is no one's concern."""
        f, r = s.function[rid], s.pcie[rid]
        require(all_of(s.iommu.on, s.vm[caller].life == Life.LIVE), Reason.NOT_ALLOWED)
        require(all_of(f.owner == NOBODY, f.phase == FunctionPhase.IDLE, r.present, negate(r.virtual)), Reason.WRONG_STATE)
        return set_bus_master(s, rid, True)
