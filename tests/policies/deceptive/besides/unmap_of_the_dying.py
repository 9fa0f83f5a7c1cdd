"""unmap: the host may remove pages of a VM that is dying, while its devices and its CPUs may still act.

Unsafe: a device that was told by the VM to write back its disk cache finds its pages gone half-way, and what it writes is torn; a CPU
that still runs the VM (only switch_out stops it) faults with locks of a shared page held.

Breaks: tear-down has an order; while devices may act, tables and the frames that they reach stay as they are.
"""

from __future__ import annotations

from pymodel import HOST, EntryKind, Hypervisor, Level, Life, MachineState, Page, Reason, Space, Vm, all_of, remove_leaf, require


class P(Hypervisor):
    """Begins early to take away what is dying."""

    def unmap(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level) -> MachineState:
        """Remove a leaf, also of the dying."""
        if all_of(caller == HOST, s.vm[s.space[space].vm].life == Life.DYING):
            table, index = self.slot_for(s, space, page, level)
            require(s.memory[table, index].kind == EntryKind.LEAF, Reason.NOT_MAPPED)
            require(s.slot_note[table, index].job == 0, Reason.IN_USE)
            return remove_leaf(s, table, index)
        return super().unmap(s, caller, space, page, level)
