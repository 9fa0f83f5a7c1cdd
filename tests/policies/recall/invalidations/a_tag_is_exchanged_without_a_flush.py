"""An address space that nobody runs in gets another tag, and the one that it had is free at once.

No CPU and no function uses the tag at this moment, and so it seems that nothing is cached under it. What was cached while
somebody did is still there. The next address space that gets the tag is served with the translations of the first.

Source: mechanism: the rollover of VMIDs, with the flush that ends a generation left out.
"""

from __future__ import annotations

from pymodel import (
    HOST,
    NO_TAG,
    AccountKind,
    Hypervisor,
    MachineState,
    Reason,
    Space,
    Tag,
    TagPhase,
    TagRecord,
    Ticket,
    Vm,
    account,
    has_usable_tag,
    is_unused,
    operation,
    require,
    require_alive,
)


class Faulty(Hypervisor):
    """Frees the old tag with the exchange."""

    @operation
    def exchange_tag(self, s: MachineState, caller: Vm, space: Space, tag: Tag) -> MachineState:
        """The host exchanges the tag of an address space that it looks after."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require_alive(s, caller, space.vm)
        p = s.space[space]
        require(has_usable_tag(s, space), Reason.WRONG_STATE)
        require(is_unused(s, account(AccountKind.CONTEXTS, space)), Reason.IN_USE)
        given = self.next_tag(s, tag, p.io)
        require(given != NO_TAG, Reason.OCCUPIED)
        return s.replace(
            space=s.space.set(space, p.replace(tag=given)),
            tag=s.tag.set(p.tag, TagRecord()).set(given, TagRecord(phase=TagPhase.BOUND, space=space)),
        )


class Twin(Hypervisor):
    """Exchanges a tag that was retired, and flushed since."""

    @operation
    def exchange_tag(self, s: MachineState, caller: Vm, space: Space, tag: Tag, ticket: Ticket) -> MachineState:
        """The host exchanges the tag of an address space that it looks after."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require_alive(s, caller, space.vm)
        given = self.next_tag(s, tag, s.space[space].io)
        require(given != NO_TAG, Reason.OCCUPIED)
        freed = self.free_tag(s, caller, space, ticket)
        return freed.replace(
            space=freed.space.set(space, freed.space[space].replace(tagged=True, tag=given)),
            tag=freed.tag.set(given, TagRecord(phase=TagPhase.BOUND, space=space)),
        )
