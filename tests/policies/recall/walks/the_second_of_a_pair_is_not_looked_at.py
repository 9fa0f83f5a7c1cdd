"""Two pages are mapped in one step after a look at the frame of the first.

The frame behind one's own may be anybody's. It is mapped as well, with the rights that were asked for.

Source: mechanism: a batch is checked by its first element.
"""

from __future__ import annotations

from pymodel import Frame, Hypervisor, Level, MachineState, Page, Rights, SlotNote, Space, Vm, leaf, operation


class Faulty(Hypervisor):
    """Looks at the first frame of a pair."""

    @operation
    def map_pair(self, s: MachineState, caller: Vm, space: Space, page: Page, frame: Frame, rights: Rights) -> MachineState:
        """Whoever looks after an address space maps two frames side by side at two pages side by side."""
        after = self.map(s, caller, space, page, Level.PAGE, frame, rights)
        note = SlotNote(max_cached_rights=rights)
        return self.put_leaf(after, space, page + 1, Level.PAGE, leaf(frame + 1, rights), note)


class Twin(Hypervisor):
    """Looks at both."""

    @operation
    def map_pair(self, s: MachineState, caller: Vm, space: Space, page: Page, frame: Frame, rights: Rights) -> MachineState:
        """Whoever looks after an address space maps two frames side by side at two pages side by side."""
        after = self.map(s, caller, space, page, Level.PAGE, frame, rights)
        return self.map(after, caller, space, page + 1, Level.PAGE, frame + 1, rights)
