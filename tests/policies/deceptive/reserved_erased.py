"""What the platform reserves is erased at boot, so that a page of memory may be mapped where interrupt messages go."""

from __future__ import annotations

from pymodel import Hypervisor, MachineState


class P(Hypervisor):
    def boot(self, s: MachineState) -> MachineState:
        after = super().boot(s)
        reserved = after.platform.reserved.reset(lambda _layout, _level, _page, r: r.reserved)
        return after.replace(reserved=reserved)  # <- refused
