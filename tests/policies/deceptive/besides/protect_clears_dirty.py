"""protect also clears the dirty bit of the leaf, so that what was written before is no longer known to have been.

Unsafe: whoever copies a running VM makes its pages read-only and then asks which were written: none. The copy has old content, and
so has a snapshot, or a swapped page; the VM's data is lost without an error.

Breaks: protect changes rights and nothing else; accessed and dirty bits are set by hardware's walks alone.
"""

from __future__ import annotations

from pymodel import Hypervisor, Level, MachineState, Page, Rights, Space, Vm, store_entry


class P(Hypervisor):
    """Changes rights."""

    def protect(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, rights: Rights) -> MachineState:
        """Write a fresh entry with the new rights."""
        after = super().protect(s, caller, space, page, level, rights)
        table, index = self.slot_for(s, space, page, level)
        return store_entry(after, table, index, after.memory[table, index].replace(dirty=False))
