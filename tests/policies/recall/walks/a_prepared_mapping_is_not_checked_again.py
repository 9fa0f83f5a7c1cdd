"""A mapping is prepared in one step, with all its checks, and made in another, without any.

Between the two the frame may pass to another VM, become a table, or go back to the free ones. The mapping is made all the same,
and reaches whatever the frame is by then.

Source: mechanism: a request is validated when it is queued and carried out later.
"""

from __future__ import annotations

from typing import Any

from pymodel import (
    NO_RIGHTS,
    Frame,
    Hypervisor,
    Level,
    MachineState,
    Map,
    Page,
    Reason,
    Record,
    Rights,
    SlotNote,
    Space,
    Vm,
    leaf,
    operation,
    require,
    require_alive,
)


class Prepared(Record):
    """A mapping that was checked and not made yet."""

    ready: bool = False
    page: Page = Page(0)
    frame: Frame = Frame(0)
    rights: Rights = NO_RIGHTS


class Queued(MachineState):
    """The machine, and a prepared mapping for each address space."""

    prepared: Map[Space, Prepared]


class Faulty(Hypervisor):
    """Checks when a mapping is prepared."""

    State = Queued  # type: ignore[assignment] # a part more than the machine has

    @operation
    def prepare(self, s: Any, caller: Vm, space: Space, page: Page, frame: Frame, rights: Rights) -> Any:
        """Whoever looks after an address space prepares a mapping in it."""
        self.require_mappable(s, caller, space, Level.PAGE, frame, rights)
        return s.put("prepared", space, Prepared(ready=True, page=page, frame=frame, rights=rights))

    @operation
    def commit(self, s: Any, caller: Vm, space: Space) -> Any:
        """And has it made."""
        require_alive(s, caller, space.vm)
        p = s.prepared[space]
        require(p.ready, Reason.WRONG_STATE)
        note = SlotNote(max_cached_rights=p.rights)
        after = self.put_leaf(s, space, p.page, Level.PAGE, leaf(p.frame, p.rights), note)
        return after.put("prepared", space, Prepared())


class Twin(Faulty):
    """Checks when a mapping is made, too."""

    @operation
    def commit(self, s: Any, caller: Vm, space: Space) -> Any:
        """And has it made, as if it were asked for now."""
        require_alive(s, caller, space.vm)
        p = s.prepared[space]
        require(p.ready, Reason.WRONG_STATE)
        after = self.map(s, caller, space, p.page, Level.PAGE, p.frame, p.rights)
        return after.put("prepared", space, Prepared())
