"""The pieces of a large leaf get the rights that the leaf was mapped with, not those that it has.

What is noted of the leaf is read, where the leaf itself should be. Rights that were withdrawn from the leaf come back with the
split: a guest, or its device, writes a page that was made read-only.

Source: mechanism: a split copies what is noted of an entry in the place of the entry.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, MachineState, SlotNote, Vm, store_entry


class Faulty(Hypervisor):
    """Copies what is noted."""

    def fill_split(self, s: MachineState, caller: Vm, child: Frame) -> MachineState:
        """Write the next piece of a broken leaf into the table that is being built."""
        after = super().fill_split(s, caller, child)
        t = s.table[child]
        rights = s.slot_note[t.parent, t.slot].max_cached_rights
        piece = after.memory[child, t.cursor].replace(rights=rights)
        note = SlotNote(max_cached_rights=rights)
        return store_entry(after, child, t.cursor, piece).put("slot_note", (child, t.cursor), note)


class Twin(Hypervisor):
    """Copies what both have."""

    def fill_split(self, s: MachineState, caller: Vm, child: Frame) -> MachineState:
        """Write the next piece, with the rights that the leaf has and had from the beginning."""
        after = super().fill_split(s, caller, child)
        t = s.table[child]
        rights = s.memory[t.parent, t.slot].rights & s.slot_note[t.parent, t.slot].max_cached_rights
        piece = after.memory[child, t.cursor].replace(rights=rights)
        return store_entry(after, child, t.cursor, piece)
