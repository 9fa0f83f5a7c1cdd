"""A frame on its way to become a table is linked at once, without the step that blanks it.

Linking takes a frame that nothing refers to any more, to save a call. What the guest wrote into it stands there as entries of a
table: the guest reaches every frame of the machine by its own choice.

Source: mechanism: a short way around the step that clears a page before hardware walks it.
"""

from __future__ import annotations

from pymodel import Frame, FrameKind, Hypervisor, Level, MachineState, Page, Space, Vm, all_of, is_unreferenced, require_alive


class Faulty(Hypervisor):
    """Finishes the retyping of a frame that is to be a table, but for its content."""

    def link_table(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, child: Frame) -> MachineState:
        """Put a page of the pool, or one that is about to go there, into an empty slot of that level."""
        require_alive(s, caller, space.vm)
        f = s.frame[child]
        if all_of(f.kind == FrameKind.RETYPING, f.owner == space.vm, is_unreferenced(s, child)):
            pooled = s.put("frame", child, f.replace(kind=FrameKind.POOL, clean=True))
            return super().link_table(pooled, caller, space, page, level, child)
        return super().link_table(s, caller, space, page, level, child)


class Twin(Hypervisor):
    """Finishes the retyping as it is always finished."""

    def link_table(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, child: Frame) -> MachineState:
        """Put a page of the pool, or one that is about to go there, into an empty slot of that level."""
        require_alive(s, caller, space.vm)
        f = s.frame[child]
        if all_of(f.kind == FrameKind.RETYPING, f.owner == space.vm, is_unreferenced(s, child)):
            return super().link_table(self.finish_retype(s, caller, child), caller, space, page, level, child)
        return super().link_table(s, caller, space, page, level, child)
