"""A change of rights that is taken for harmless is made without a check, and write access counts as harmless.

An entry that names the same frame takes a fast path when only some of its bits change. The list of those bits has the one for
writing in it. A VM maps a published page to read it and makes the entry writable; then it writes a page that every other VM
reads.

Source: Xen Security Advisory XSA-182: an update of flags skips the validation of its target.
"""

from __future__ import annotations

from pymodel import (
    NO_RIGHTS,
    EntryKind,
    Hypervisor,
    Level,
    MachineState,
    Page,
    Reason,
    Rights,
    Space,
    Vm,
    all_of,
    any_of,
    require,
    require_manages,
    store_entry,
)

HARMLESS = Rights(14)


class Faulty(Hypervisor):
    """Checks what changes besides writing and executing."""

    def protect(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, rights: Rights) -> MachineState:
        """Change the rights of a leaf; what could harm must be within those that it was mapped with."""
        require_manages(s, caller, space.vm)
        table, index = self.slot_for(s, space, page, level)
        e, n = s.memory[table, index], s.slot_note[table, index]
        require(e.kind == EntryKind.LEAF, Reason.NOT_MAPPED)
        require(n.job == 0, Reason.IN_USE)
        harmless = (e.rights ^ rights).within(HARMLESS)
        require(all_of(any_of(harmless, rights.within(n.max_cached_rights)), rights != NO_RIGHTS), Reason.RIGHTS)
        after = store_entry(s, table, index, e.replace(rights=rights))
        note = n.replace(since=s.queue.next, max_cached_rights=n.max_cached_rights | rights)
        return after.put("slot_note", (table, index), note)
