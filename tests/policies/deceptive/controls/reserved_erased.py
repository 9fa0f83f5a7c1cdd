"""What the platform reserves is looked at, and left."""

from __future__ import annotations

from pymodel import Hypervisor, Layout, Level, MachineState, Page, Reason, require


class P(Hypervisor):
    def boot(self, s: MachineState) -> MachineState:
        after = super().boot(s)
        reserved = after.platform.reserved[Layout(0), Level.PAGE, Page(0)].reserved
        require(reserved == reserved, Reason.WRONG_STATE)
        return after.replace(frame=after.frame)
