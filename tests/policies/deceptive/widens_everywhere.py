"""A contract is widened at the key that every key begins with: so nothing that the operation does is besides."""

from __future__ import annotations

from typing import Any

from pymodel import Grant, Handle, Hypervisor, MachineState, Rights, Vm, widens


class P(Hypervisor):
    @widens("take_handle", "grant", "rights")
    def widened(self, s: MachineState, grant: Grant) -> Any:  # <- refused
        return ()

    def take_handle(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        after = super().take_handle(s, caller, handle, grant)
        return after.put("grant", grant, after.grant[grant].replace(rights=Rights.last()))
