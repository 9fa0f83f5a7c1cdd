"""A leaf is written over one that was removed and not released.

The frame of the removed leaf has still its reference in that slot, and caches still have its translation. Both are forgotten with
the new leaf: the frame is given away while it is reached, or never given back.

Source: mechanism: an entry without its valid bit is taken for an empty one.
"""

from __future__ import annotations

from pymodel import EntryKind, Frame, Hypervisor, Index, Level, MachineState, Page, Reason, Space, any_of, require


class Faulty(Hypervisor):
    """Looks for a slot that hardware takes for empty."""

    def empty_slot_for(self, s: MachineState, space: Space, page: Page, level: Level) -> tuple[Frame, Index]:
        """Return the slot for an aligned page that no valid entry is in, of a table that takes entries."""
        table, index = self.open_slot_for(s, space, page, level)
        kind = s.memory[table, index].kind
        require(any_of(kind == EntryKind.NONE, kind == EntryKind.STALE), Reason.OCCUPIED)
        return table, index
