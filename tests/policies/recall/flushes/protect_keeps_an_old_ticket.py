"""protect does not renew the ticket of a leaf for which an invalidation is owed already.

A right is withdrawn, given back and withdrawn again. The second withdrawal finds that caches may hold more than the leaf gives
and keeps the first ticket, so an invalidation that was over before the second withdrawal counts for it. A guest, or its device,
goes on writing through what it cached in between, while the books say that no cache holds the right.

Source: Xen Security Advisory XSA-401: the flush came first, and only then was write access forbidden.
"""

from __future__ import annotations

from pymodel import Hypervisor, Level, MachineState, Page, Rights, Space, Vm, choose


class Faulty(Hypervisor):
    """Takes an invalidation that is owed already for one that will do."""

    def protect(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, rights: Rights) -> MachineState:
        """Change the rights, and note from when on an invalidation counts unless one is owed."""
        after = super().protect(s, caller, space, page, level, rights)
        table, index = self.slot_for(s, space, page, level)
        note = s.slot_note[table, index]
        owed = note.max_cached_rights != s.memory[table, index].rights
        since = choose(owed, note.since, s.queue.next)
        return after.put("slot_note", (table, index), note.replace(since=since))


class Twin(Hypervisor):
    """Keeps the ticket only where the rights stay as they are."""

    def protect(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, rights: Rights) -> MachineState:
        """Change the rights, and note from when on an invalidation counts if they changed."""
        after = super().protect(s, caller, space, page, level, rights)
        table, index = self.slot_for(s, space, page, level)
        note = s.slot_note[table, index]
        since = choose(s.memory[table, index].rights == rights, note.since, s.queue.next)
        return after.put("slot_note", (table, index), note.replace(since=since))
