"""When the logging of writes ends, a slot gets the rights back that it had before, whatever it maps by then.

The page was unmapped while its writes were logged, and a frame that is granted to be read is mapped in its place. The end of the
log makes it writable, as the first one was.

Source: mechanism: dirty logging remembers a place, and not what stood there.
"""

from __future__ import annotations

from typing import Any

from pymodel import (
    NO_RIGHTS,
    READ,
    EntryKind,
    Frame,
    Hypervisor,
    Index,
    Level,
    MachineState,
    Map,
    Page,
    Reason,
    Record,
    Rights,
    Space,
    Vm,
    all_of,
    negate,
    operation,
    require,
    require_alive,
    store_entry,
)


class Logged(Record):
    """The rights that a slot had when the logging of its writes began."""

    on: bool = False
    rights: Rights = NO_RIGHTS


class Logs(MachineState):
    """The machine, and whose writes are logged."""

    logged: Map[tuple[Frame, Index], Logged]


class Faulty(Hypervisor):
    """Gives back what it remembers."""

    State = Logs  # type: ignore[assignment] # a part more than the machine has

    @operation
    def begin_log(self, s: Any, caller: Vm, space: Space, page: Page) -> Any:
        """Whoever looks after an address space has the writes to a page logged: it may only be read."""
        require_alive(s, caller, space.vm)
        slot = self.slot_for(s, space, page, Level.PAGE)
        rights = s.memory[slot].rights
        require(negate(s.logged[slot].on), Reason.OCCUPIED)
        after = self.protect(s, caller, space, page, Level.PAGE, rights & READ)
        return after.put("logged", slot, Logged(on=True, rights=rights))

    @operation
    def end_log(self, s: Any, caller: Vm, space: Space, page: Page) -> Any:
        """And ends that: the page has the rights again that it had."""
        require_alive(s, caller, space.vm)
        slot = self.slot_for(s, space, page, Level.PAGE)
        e, was = s.memory[slot], s.logged[slot]
        require(all_of(was.on, e.kind == EntryKind.LEAF), Reason.NOT_MAPPED)
        note = s.slot_note[slot].replace(max_cached_rights=was.rights)
        after = store_entry(s, slot[0], slot[1], e.replace(rights=was.rights))
        return after.put("slot_note", slot, note).put("logged", slot, Logged())


class Twin(Faulty):
    """Gives back what it remembers, within what the leaf was mapped with."""

    @operation
    def end_log(self, s: Any, caller: Vm, space: Space, page: Page) -> Any:
        """And ends that: the page has the rights again that it had, if it is mapped with them."""
        require_alive(s, caller, space.vm)
        slot = self.slot_for(s, space, page, Level.PAGE)
        was = s.logged[slot]
        require(was.on, Reason.NOT_MAPPED)
        return self.protect(s, caller, space, page, Level.PAGE, was.rights).put("logged", slot, Logged())
