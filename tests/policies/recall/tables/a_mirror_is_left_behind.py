"""A page of the VM's own address space is released although it is mirrored for devices; the mirror keeps its leaf.

The two slots are parted and the release goes on. The VM maps another frame at that address. Its device still reaches the old
frame there, and no operation will take the mirror's leaf along any more.

Source: mechanism: an alias for devices is forgotten when the CPUs' mapping goes.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Index, MachineState, MirrorLink


class Faulty(Hypervisor):
    """Parts a page from its mirror and goes on."""

    def empty_slot(self, s: MachineState, table: Frame, index: Index) -> MachineState:
        """Empty a slot; what is mirrored is not mirrored any more."""
        link = s.mirror_link[table, index]
        if link.held:
            there = s.mirror_link[link.table, link.index]
            parted = s.mirror_link.set((link.table, link.index), there.replace(held=False))
            return super().empty_slot(s.replace(mirror_link=parted.set((table, index), MirrorLink())), table, index)
        return super().empty_slot(s, table, index)
