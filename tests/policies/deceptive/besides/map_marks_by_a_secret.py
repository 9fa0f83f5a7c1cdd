"""map writes the new leaf with its dirty bit set or clear as a bit of the neighbouring frame's content is, which is another VM's.

Unsafe: a VM that asks which of its pages were written (any log of dirty pages tells it) reads a bit of its neighbour's memory at each
mapping of its own frame; the translation is right in all that is looked at: kind, frame and rights.

Breaks: no VM learns what is in another's memory but through a grant; a page that nobody wrote is not dirty.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Index, Level, MachineState, Page, Rights, Space, Vm, all_of, store_entry


class P(Hypervisor):
    """Maps pages."""

    def map(
        self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, frame: Frame, rights: Rights
    ) -> MachineState:
        """Map, and mark."""
        after = super().map(s, caller, space, page, level, frame, rights)
        table, index = self.slot_for(after, space, page, level)
        bit = (s.memory[frame ^ 1, Index(0)].frame & 1) == 1
        mark = all_of(s.frame[frame ^ 1].owner != s.space[space].vm, bit)
        return store_entry(after, table, index, after.memory[table, index].replace(dirty=mark))
