"""Control of widens_everywhere: at the grant that is taken; the control is as unsafe, and the table of authority says so."""

from __future__ import annotations

from typing import Any

from pymodel import Grant, Handle, Hypervisor, MachineState, Rights, Vm, widens


class P(Hypervisor):
    @widens("take_handle", "grant", "rights")
    def widened(self, s: MachineState, grant: Grant) -> Any:
        return grant

    def take_handle(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        after = super().take_handle(s, caller, handle, grant)
        return after.put("grant", grant, after.grant[grant].replace(rights=Rights.last()))
