"""retire_tag notes, for devices' tags with an odd second byte, that only an invalidation with the last ticket of all frees them.

Unsafe: that one is never issued. The domain id is lost, its address space can neither be destroyed nor get another, and its VM, once
dead, is never empty; whoever binds and retires uses half of all ids up. free_tag pleads NOT_FLUSHED each time, which is excused.

Breaks: a tag is free again once everything under it was flushed; an address space that nobody uses can be given up.
"""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Space, Ticket, Vm, all_of


class P(Hypervisor):
    """Retires tags."""

    def retire_tag(self, s: MachineState, caller: Vm, space: Space) -> MachineState:
        """Take the tag out of use; wait a long time."""
        after, p = super().retire_tag(s, caller, space), s.space[space]
        if all_of(p.io, (p.tag & 0x100) != 0):
            return after.put("tag", p.tag, after.tag[p.tag].replace(since=Ticket.last()))
        return after
