"""Control of widens_the_platform: a part that operations change; the control is as unsafe, and the table of authority says so."""

from __future__ import annotations

from pymodel import Grant, Handle, Hypervisor, MachineState, Rights, Vm, widens


class P(Hypervisor):
    @widens("take_handle", "grant", "rights")
    def widened(self, s: MachineState, grant: Grant) -> Grant:
        return grant

    def take_handle(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        after = super().take_handle(s, caller, handle, grant)
        return after.put("grant", grant, after.grant[grant].replace(rights=Rights.last()))
