"""A table that was unlinked, and is empty, is linked again wherever a table is needed, as if its level and place did not matter.

Keeping the table saves a flush and a page. It was for other pages, and may have been of another level. Its record still says
so, and walk caches still have it as what it was: translations appear at addresses where nobody mapped anything, and what is
noted of them is looked for where it is not.

Source: CVE-2026-53359: a table is used again although its frame number and its role differ.
"""

from __future__ import annotations

from pymodel import (
    Entry,
    EntryKind,
    Frame,
    Hypervisor,
    Level,
    MachineState,
    Page,
    Reason,
    Space,
    TablePhase,
    Vm,
    all_of,
    below,
    operation,
    require,
    require_alive,
    store_entry,
)


class Faulty(Hypervisor):
    """Asks whether the table is empty and of that address space."""

    @operation
    def link_again(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, table: Frame) -> MachineState:
        """Put a table that was unlinked into an empty slot."""
        require_alive(s, caller, space.vm)
        require(level != Level.PAGE, Reason.OUT_OF_RANGE)
        t = s.table[table]
        require(all_of(t.phase == TablePhase.RETIRED, t.space == space), Reason.WRONG_STATE)
        parent, index = self.empty_slot_for(s, space, page, level)
        after = store_entry(s, parent, index, Entry(kind=EntryKind.LINK, frame=table))
        return after.put("table", table, t.replace(phase=TablePhase.LINKED, parent=parent, slot=index))


class Twin(Hypervisor):
    """Links a table again for the pages that it was for."""

    @operation
    def link_again(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, table: Frame) -> MachineState:
        """Put a table that was unlinked back to where it was."""
        require_alive(s, caller, space.vm)
        require(level != Level.PAGE, Reason.OUT_OF_RANGE)
        t = s.table[table]
        require(all_of(t.phase == TablePhase.RETIRED, t.space == space), Reason.WRONG_STATE)
        require(all_of(t.level == below(level), t.prefix == page), Reason.WRONG_STATE)
        parent, index = self.empty_slot_for(s, space, page, level)
        after = store_entry(s, parent, index, Entry(kind=EntryKind.LINK, frame=table))
        return after.put("table", table, t.replace(phase=TablePhase.LINKED, parent=parent, slot=index))
