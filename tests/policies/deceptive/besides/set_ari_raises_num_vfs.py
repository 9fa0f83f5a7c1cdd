"""set_ari also raises NumVFs to as many as the device can have, if more than seven were asked for.

Unsafe: the host asked for eight VFs, then set the ARI bit, and gets 256 of them: ids that it meant for others are taken, the device's
queues are cut into 256 parts, and the last VFs lie where the host does not expect any.

Breaks: set_ari writes the ARI bit; no more VFs are enabled than were asked for.
"""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Rid, Vm, all_of, write_sriov


class P(Hypervisor):
    """Writes the ARI bit."""

    def set_ari(self, s: MachineState, caller: Vm, pf: Rid, on: bool, offset: Rid, stride: Rid) -> MachineState:
        """Write it, and make use of it."""
        after = super().set_ari(s, caller, pf, on, offset, stride)
        if all_of(on, s.sriov[pf].num_vfs > 7):
            return write_sriov(after, pf, after.sriov[pf].replace(num_vfs=s.platform.function[pf].total_vfs))
        return after
