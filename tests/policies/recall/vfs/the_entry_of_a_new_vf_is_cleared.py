"""The context entry of a virtual function is cleared when the function comes up.

An entry of zeros is invalid, and on some machines an invalid entry does not block: it lets requests through untranslated.
Between its coming up and its first owner the function reaches every frame.

Source: siemens/jailhouse, commit a8ec2d32, in another guise: a zero entry is taken for one that blocks.
"""

from __future__ import annotations

from pymodel import ContextEntry, ContextMode, Hypervisor, MachineState, Rid, Vm, write_context


class Faulty(Hypervisor):
    """Clears what an earlier function of that id may have left."""

    def enumerate_vf(self, s: MachineState, caller: Vm, pf: Rid) -> MachineState:
        """Enter the next VF, with a clear context entry."""
        after = super().enumerate_vf(s, caller, pf)
        rid = after.vf[pf, s.pf[pf].cursor].rid
        return write_context(after, rid, ContextEntry(mode=ContextMode.INVALID))
