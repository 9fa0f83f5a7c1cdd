"""The owner of a function turns bus mastering on for as long as the function is noted as the owner's.

The function is its former owner's until it was drained, so the owner turns it on again after the reset. It is drained once, is
clean, and goes on issuing: requests of the old owner's are under way when the next one gets it.

Source: mechanism: ownership is asked for, and not how far the device is on its way to the next owner.
"""

from __future__ import annotations

from pymodel import Hypervisor, Life, MachineState, Reason, Rid, Vm, all_of, require, set_bus_master


class Faulty(Hypervisor):
    """Asks for the owner alone."""

    def set_master(self, s: MachineState, caller: Vm, rid: Rid, on: bool) -> MachineState:
        """A function's owner turns bus mastering on or off."""
        require(all_of(caller == s.function[rid].owner, s.vm[caller].life == Life.LIVE), Reason.NOT_ALLOWED)
        return set_bus_master(s, rid, on)
