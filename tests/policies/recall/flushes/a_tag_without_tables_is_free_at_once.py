"""An address space without tables gives up its tag without a flush.

With no table below the root there is nothing that could be cached, is the idea. But walk caches hold the root itself under the
tag, and leaves of the largest size stand in the root. The next address space that gets the tag is walked from the old root.

Source: mechanism: a flush left out for an address space that looks empty.
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    Hypervisor,
    MachineState,
    Reason,
    Space,
    TagPhase,
    TagRecord,
    Vm,
    account,
    all_of,
    is_unused,
    operation,
    require,
    require_manages,
)


class Faulty(Hypervisor):
    """Has a short way for address spaces that have a root alone."""

    @operation
    def give_up_tag(self, s: MachineState, caller: Vm, space: Space) -> MachineState:
        """Whoever looks after an address space that has no tables frees its tag at once."""
        require_manages(s, caller, space.vm)
        p = s.space[space]
        require(all_of(p.live, p.tagged, s.tag[p.tag].phase == TagPhase.BOUND), Reason.WRONG_STATE)
        require(is_unused(s, account(AccountKind.CONTEXTS, space)), Reason.IN_USE)
        require(is_unused(s, account(AccountKind.TABLES, space)), Reason.IN_USE)
        return s.replace(space=s.space.set(space, p.replace(tagged=False)), tag=s.tag.set(p.tag, TagRecord.default()))
