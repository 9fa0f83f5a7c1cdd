"""The fault of `TagsAndTables_VmidReuse` as a policy: a tag is free while the invalidation for its holder is under way."""

from __future__ import annotations

from pymodel import (
    Hypervisor,
    MachineState,
    Reason,
    Space,
    TagPhase,
    TagRecord,
    Ticket,
    Vm,
    all_of,
    covers_tag,
    require,
    require_manages,
)

PROMISES: tuple[str, ...] = ("INV-1", "INV-4", "MEM-1")


class Faulty(Hypervisor):
    """Frees a tag when its invalidation was asked for."""

    def free_tag(self, s: MachineState, caller: Vm, space: Space, ticket: Ticket) -> MachineState:
        """Free a retiring tag; whether the invalidation is done is not asked."""
        p = s.space[space]
        require(all_of(p.live, p.tagged), Reason.WRONG_STATE)
        require_manages(s, caller, p.vm)
        t = s.tag[p.tag]
        require(t.phase == TagPhase.RETIRING, Reason.WRONG_STATE)
        require(all_of(ticket >= t.since, covers_tag(s.invalidation[ticket], p.tag)), Reason.NOT_FLUSHED)
        return s.replace(space=s.space.set(space, p.replace(tagged=False)), tag=s.tag.set(p.tag, TagRecord.default()))
