"""share notes a grant that the host makes for a VM not started as one that the VM made itself.

Unsafe: the host takes a handle on it at once, and has the VM's memory for as long as it likes.

Breaks: what the host grants for a VM is an offer, which the VM may accept.
"""

from __future__ import annotations

from pymodel import Frame, Grant, Hypervisor, MachineState, Rights, Vm


class P(Hypervisor):
    """Shares frames."""

    def share(self, s: MachineState, caller: Vm, grant: Grant, frame: Frame, to: Vm, rights: Rights) -> MachineState:
        """Share, and take nothing for an offer."""
        after = super().share(s, caller, grant, frame, to, rights)
        return after.put("grant", grant, after.grant[grant].replace(offered=False))
