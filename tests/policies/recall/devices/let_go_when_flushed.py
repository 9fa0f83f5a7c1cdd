"""A function is nobody's as soon as nothing is cached for it, before it is reset and drained.

What its VM is charged with, and its isolation group, are given up one step early. The VM is drained and taken down while the
function still has its data and its bus mastering, and another VM is given a function of the same group, which reaches this one.

Source: Xen Security Advisory XSA-302, in another guise: a device counts as returned while it may still act.
"""

from __future__ import annotations

from pymodel import (
    NOBODY,
    AccountKind,
    GroupRecord,
    HolderKind,
    Hypervisor,
    MachineState,
    Rid,
    Ticket,
    Vm,
    account,
    choose,
    drop,
    holder,
    is_unused,
)


class Faulty(Hypervisor):
    """Gives up a function with its context."""

    def finish_detach(self, s: MachineState, caller: Vm, rid: Rid, ticket: Ticket) -> MachineState:
        """Nothing is cached for the function any more: it is no longer its VM's."""
        after = super().finish_detach(s, caller, rid, ticket)
        after = drop(after, holder(HolderKind.FUNCTION, rid))
        after = drop(after, holder(HolderKind.MEMBER, rid))
        group = s.platform.function[rid].group
        left = choose(is_unused(after, account(AccountKind.GROUP, group)), NOBODY, s.group[group].owner)
        after = after.put("group", group, GroupRecord(owner=left))
        return after.put("function", rid, after.function[rid].replace(owner=NOBODY))
