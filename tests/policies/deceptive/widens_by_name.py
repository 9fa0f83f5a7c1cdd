"""What is widened is named by a constant, so that it does not stand where it is read."""

from __future__ import annotations

from pymodel import Grant, Handle, Hypervisor, MachineState, Rights, Vm, widens


WHAT = "grant"


class P(Hypervisor):
    @widens("take_handle", WHAT, "rights")  # <- refused
    def widened(self, s: MachineState, grant: Grant) -> Grant:
        return grant

    def take_handle(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        after = super().take_handle(s, caller, handle, grant)
        return after.put("grant", grant, after.grant[grant].replace(rights=Rights.last()))
