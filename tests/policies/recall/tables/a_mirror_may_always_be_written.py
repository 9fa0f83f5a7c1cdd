"""A page is mirrored for devices with the rights to read and write, whatever rights the CPUs have.

Devices have no use for the right to execute, so the rights are written anew and not copied. A guest that maps a published page
to read has it mirrored, and its device writes the page that every VM reads.

Source: mechanism: an alias gets rights of its own.
"""

from __future__ import annotations

from pymodel import (
    READ_WRITE,
    EntryKind,
    Hypervisor,
    Level,
    MachineState,
    MirrorLink,
    Page,
    Reason,
    SlotNote,
    Space,
    Vm,
    all_of,
    leaf,
    negate,
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Writes the rights that devices need."""

    def mirror_page(self, s: MachineState, caller: Vm, space: Space, page: Page) -> MachineState:
        """Map in a mirror, for devices, what the VM's own address space maps at the same page of its own memory."""
        require_alive(s, caller, space.vm)
        require(s.space[space].mirror, Reason.WRONG_STATE)
        v = s.vm[space.vm]
        require(v.has_space, Reason.NOT_MAPPED)
        table, index = self.slot_for(s, v.space, page, Level.PAGE)
        e = s.memory[table, index]
        require(all_of(e.kind == EntryKind.LEAF, s.slot_note[table, index].handle == 0), Reason.NOT_MAPPED)
        require(negate(s.mirror_link[table, index].held), Reason.OCCUPIED)
        note = SlotNote(max_cached_rights=READ_WRITE)
        after = self.write_leaf(s, space, page, Level.PAGE, leaf(e.frame, READ_WRITE), note)
        io_table, io_index = self.slot_for(s, space, page, Level.PAGE)
        there, here = MirrorLink(held=True, table=io_table, index=io_index), MirrorLink(held=True, table=table, index=index)
        return after.replace(mirror_link=after.mirror_link.set((table, index), there).set((io_table, io_index), here))
