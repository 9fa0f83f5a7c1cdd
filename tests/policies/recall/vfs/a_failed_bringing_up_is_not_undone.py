"""When the bringing-up of virtual functions fails half-way, the physical function is noted as off, with the first VFs up.

VF Enable was not set yet, so there is nothing to clear: the error path forgets what the steps before it entered. The VFs answer
to their ids, belong to no list, and the registers from which their ids came may be written.

Source: mechanism: an error path without the undoing of the steps in front of it.
"""

from __future__ import annotations

from pymodel import HOST, Hypervisor, MachineState, PfRecord, Reason, Rid, SriovPhase, Vm, any_of, require


class Faulty(Hypervisor):
    """Has nothing to undo before VF Enable."""

    def disable_vfs(self, s: MachineState, caller: Vm, pf: Rid) -> MachineState:
        """The host begins to take the VFs away, or gives up bringing them up."""
        p = s.pf[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(any_of(p.phase == SriovPhase.ENUMERATING, p.phase == SriovPhase.ENABLED), Reason.WRONG_STATE)
        if any_of(p.phase == SriovPhase.ENUMERATING, p.cursor == 0):
            return s.put("pf", pf, PfRecord())
        return s.put("pf", pf, p.replace(phase=SriovPhase.REMOVING))
