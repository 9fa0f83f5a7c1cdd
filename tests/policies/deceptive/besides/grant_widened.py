"""take_handle widens what was granted to all rights: the granter is not asked."""

from __future__ import annotations

from pymodel import Grant, Handle, Hypervisor, MachineState, Rights, Vm



class P(Hypervisor):
    def take_handle(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        after = super().take_handle(s, caller, handle, grant)
        return after.put("grant", grant, after.grant[grant].replace(rights=Rights.last()))
