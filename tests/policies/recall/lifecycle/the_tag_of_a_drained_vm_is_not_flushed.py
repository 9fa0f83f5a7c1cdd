"""The tag of a drained VM is freed without a flush.

Nobody can use the VM's translations any more, so nobody waits for them to go. The caches keep them under the tag, and the next
VM that is given the tag uses them: it reaches the dead VM's frames, whosever they are by then.

Source: mechanism: a VMID is used again without an invalidation, on the way that dead VMs take.
"""

from __future__ import annotations

from pymodel import (
    Hypervisor,
    Life,
    MachineState,
    Reason,
    Space,
    TagPhase,
    TagRecord,
    Ticket,
    Vm,
    all_of,
    any_of,
    require,
    require_manages,
)


class Faulty(Hypervisor):
    """Waits for the flushes of those that live."""

    def free_tag(self, s: MachineState, caller: Vm, space: Space, ticket: Ticket) -> MachineState:
        """Free a retiring tag once nothing is cached under it that anybody could use."""
        require_manages(s, caller, space.vm)
        p = s.space[space]
        require(all_of(p.live, p.tagged), Reason.WRONG_STATE)
        t = s.tag[p.tag]
        require(t.phase == TagPhase.RETIRING, Reason.WRONG_STATE)
        dead = s.vm[space.vm].life == Life.DRAINED
        require(any_of(dead, self.is_table_flushed(s, p.tag, t.since, ticket)), Reason.NOT_FLUSHED)
        return s.replace(space=s.space.set(space, p.replace(tagged=False)), tag=s.tag.set(p.tag, TagRecord.default()))
