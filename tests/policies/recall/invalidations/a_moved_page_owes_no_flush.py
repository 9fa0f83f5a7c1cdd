"""A page is moved to another address, and nothing is owed for the address that it had.

The leaf goes from one slot to the other and the frame keeps its reference, so it seems that nothing was removed. At the old
address a TLB still has it. When the page is unmapped at its new address, that one is flushed, and the frame is given away while
it is reached at the old one.

Source: CVE-2018-18281: mremap moves entries, and lets go of them before the TLB is flushed.
"""

from __future__ import annotations

from pymodel import (
    EntryKind,
    Hypervisor,
    Level,
    MachineState,
    Page,
    Reason,
    SlotNote,
    Space,
    Vm,
    all_of,
    leaf,
    negate,
    operation,
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Moves a leaf at once."""

    @operation
    def move_page(self, s: MachineState, caller: Vm, space: Space, page: Page, to: Page) -> MachineState:
        """Whoever looks after an address space moves a page of its own memory in it."""
        require_alive(s, caller, space.vm)
        require(negate(s.space[space].mirror), Reason.NOT_ALLOWED)
        table, index = self.slot_for(s, space, page, Level.PAGE)
        e, n = s.memory[table, index], s.slot_note[table, index]
        require(e.kind == EntryKind.LEAF, Reason.NOT_MAPPED)
        require(all_of(n.job == 0, n.handle == 0), Reason.IN_USE)
        self.require_leaf(s, space, to, Level.PAGE, e.rights)
        after = self.empty_slot(s, table, index)
        new_table, new_index = self.empty_slot_for(after, space, to, Level.PAGE)
        note = SlotNote(max_cached_rights=n.max_cached_rights)
        return self.fill_slot(after, new_table, new_index, Level.PAGE, leaf(e.frame, e.rights), note)


class Twin(Hypervisor):
    """Maps the page where it goes to, and leaves a stale leaf where it was."""

    @operation
    def move_page(self, s: MachineState, caller: Vm, space: Space, page: Page, to: Page) -> MachineState:
        """Whoever looks after an address space moves a page of its own memory in it."""
        require_alive(s, caller, space.vm)
        table, index = self.slot_for(s, space, page, Level.PAGE)
        e = s.memory[table, index]
        require(e.kind == EntryKind.LEAF, Reason.NOT_MAPPED)
        after = self.map(s, caller, space, to, Level.PAGE, e.frame, e.rights)
        return self.unmap(after, caller, space, page, Level.PAGE)
