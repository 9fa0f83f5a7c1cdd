"""Where input addresses are short, a device is given the table below the root, which hardware walks as a root.

The depth of the tree and the depth that the context asks for come from different places. Hardware reads entries of the middle
level as entries of the top: a leaf of 2 MiB reaches 1 GiB, and a lowest table is read where a middle one should be.

Source: Xen Security Advisory XSA-445: tables are built with one level more than the IOMMU walks.
"""

from __future__ import annotations

from pymodel import ContextEntry, ContextMode, Hypervisor, Index, MachineState, Rid, Space, Vm, all_of, write_context


class Faulty(Hypervisor):
    """Leaves out the top level where it has a few slots."""

    def attach(self, s: MachineState, caller: Vm, rid: Rid, vm: Vm, space: Space) -> MachineState:
        """Give a clean function to a VM, translated from one level below the root on a small machine."""
        after = super().attach(s, caller, rid, vm, space)
        p = s.space[space]
        top = s.memory[p.root, Index(0)]
        if all_of(s.platform.mmu.root_last <= 3, self.is_table(s, top)):
            return write_context(after, rid, ContextEntry(mode=ContextMode.STAGE2, tag=p.tag, root=top.frame))
        return after
