"""set_num_vfs also sets the ARI bit, for more than seven VFs.

Unsafe: the host left ARI off because the port above does not forward by it. With the bit set, the hypervisor accepts ids under other
device numbers of the PF's bus, which that port routes elsewhere: requests of two VFs cannot be told apart.

Breaks: set_num_vfs writes NumVFs; ARI is on only if the host turned it on.
"""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Rid, Vf, Vm, write_sriov


class P(Hypervisor):
    """Makes room for VFs."""

    def set_num_vfs(self, s: MachineState, caller: Vm, pf: Rid, number: Vf, offset: Rid, stride: Rid) -> MachineState:
        """Write NumVFs, and what many VFs need."""
        after = super().set_num_vfs(s, caller, pf, number, offset, stride)
        if number > 7:
            return write_sriov(after, pf, after.sriov[pf].replace(ari=True))
        return after
