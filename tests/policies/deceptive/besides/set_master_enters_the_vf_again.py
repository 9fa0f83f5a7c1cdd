"""set_master enters the caller's function once more where its registers say that it stands among VFs: nothing changes for a VF.

Unsafe: of a function that is no VF those registers mean nothing. The caller's physical function is entered as a VF of whatever
function they name; when the host removes that one's VFs, it takes down the caller's function and leaves the VF at work that stood
there.

Breaks: VFs are entered and removed by the host, under the requester ids that they answer to; a VM enters none in another's list.
"""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Rid, Vf, VfRecord, Vm, widens


class P(Hypervisor):
    """Keeps the list of VFs as what is seen at work."""

    @widens("set_master", "vf", "rid")
    def entry_of_function(self, s: MachineState, rid: Rid) -> tuple[Rid, Vf]:
        """The requester id of the VF."""
        return s.pcie[rid].pf, s.pcie[rid].index

    def set_master(self, s: MachineState, caller: Vm, rid: Rid, on: bool) -> MachineState:
        """Turn it on or off, and enter what is seen."""
        r = s.pcie[rid]
        return super().set_master(s, caller, rid, on).put("vf", (r.pf, r.index), VfRecord(rid=rid))
