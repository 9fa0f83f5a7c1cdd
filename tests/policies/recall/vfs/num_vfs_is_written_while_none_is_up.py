"""The number of virtual functions may be written while they are being brought up, as long as none is up yet.

No VF is there, so nothing depends on the register. But the bringing-up has begun and ends when as many VFs are up as the
register says. It is set to 0 and the end is never met: VFs come up one after the other, more of them than the device has.

Source: mechanism: NumVFs is written after VF Enable was asked for.
"""

from __future__ import annotations

from pymodel import HOST, Hypervisor, MachineState, Reason, Rid, SriovPhase, Vf, Vm, all_of, require, write_sriov


class Faulty(Hypervisor):
    """Asks how many VFs are up."""

    def set_num_vfs(self, s: MachineState, caller: Vm, pf: Rid, number: Vf, offset: Rid, stride: Rid) -> MachineState:
        """The host writes NumVFs; the device answers with an offset and a stride of its own choice."""
        facts, p = s.platform.function[pf], s.pf[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        idle = all_of(p.cursor == 0, p.phase != SriovPhase.ENABLED)
        require(all_of(facts.capable, idle), Reason.WRONG_STATE)
        require(number <= facts.total_vfs, Reason.OUT_OF_RANGE)
        return write_sriov(s, pf, s.sriov[pf].replace(num_vfs=number, offset=offset, stride=stride))
