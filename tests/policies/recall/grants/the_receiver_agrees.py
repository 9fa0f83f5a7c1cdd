"""An offer is accepted by the VM that is to receive, not by the VM whose memory it is.

Before a VM starts, the host may offer its memory to others, and the VM agrees to that or not when it runs. The check reads the
receiver where it means the granter. The host offers the memory of a VM to itself, agrees, and reads and writes it.

Source: mechanism: the consent of the wrong party.
"""

from __future__ import annotations

from pymodel import Grant, Hypervisor, Life, MachineState, Reason, Vm, all_of, require


class Faulty(Hypervisor):
    """Asks the receiver."""

    def accept(self, s: MachineState, caller: Vm, grant: Grant) -> MachineState:
        """A VM agrees to use what the host granted of another VM's memory before that one started."""
        g = s.grant[grant]
        require(all_of(caller == g.receiver, s.vm[caller].life == Life.LIVE), Reason.NOT_ALLOWED)
        require(all_of(g.active, g.offered), Reason.WRONG_STATE)
        return s.put("grant", grant, g.replace(offered=False))
