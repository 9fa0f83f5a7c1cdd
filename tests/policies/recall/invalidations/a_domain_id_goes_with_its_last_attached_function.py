"""A domain id is given up when the last function was detached, while caches hold that function's context.

The users of a domain id are counted on the side, and a function counts no more when its context says abort. The context cache may
hold the old context after that. The id is flushed and freed, the function walks on under it from its cache, and what is cached
then is there when the id gets another address space.

Source: Xen Security Advisory XSA-399: the cleaning up of domain ids lets flushes be bypassed.
"""

from __future__ import annotations

from typing import Any

from pymodel import (
    AccountKind,
    Count,
    Hypervisor,
    MachineState,
    Map,
    Reason,
    Record,
    Rid,
    Space,
    TagPhase,
    TagRecord,
    Ticket,
    Vm,
    account,
    all_of,
    any_of,
    implies,
    invariant,
    is_unused,
    negate,
    require,
    require_manages,
)


class Users(Record):
    """How many functions an address space translates for."""

    n: Count = Count(0)


class Counted(MachineState):
    """The machine, and the functions of each address space."""

    users: Map[Space, Users]


class Faulty(Hypervisor):
    """Counts the functions that are attached."""

    State = Counted  # type: ignore[assignment] # a part more than the machine has

    def attach(self, s: Any, caller: Vm, rid: Rid, vm: Vm, space: Space) -> Any:
        """Give a function to a VM, and count it."""
        return super().attach(s, caller, rid, vm, space).put("users", space, Users(n=s.users[space].n + 1))

    def detach(self, s: Any, caller: Vm, rid: Rid) -> Any:
        """Take a function out of its address space, and do not count it any more."""
        space = s.function[rid].space
        return super().detach(s, caller, rid).put("users", space, Users(n=s.users[space].n - 1))

    def retire_tag(self, s: Any, caller: Vm, space: Space) -> Any:
        """Begin to take its tag from an address space that nobody uses."""
        require_manages(s, caller, space.vm)
        p = s.space[space]
        require(all_of(p.live, p.tagged), Reason.WRONG_STATE)
        require(s.tag[p.tag].phase == TagPhase.BOUND, Reason.WRONG_STATE)
        on_cpus = all_of(negate(p.io), negate(is_unused(s, account(AccountKind.CONTEXTS, space))))
        require(negate(any_of(on_cpus, all_of(p.io, s.users[space].n != 0))), Reason.IN_USE)
        return s.put("tag", p.tag, TagRecord(phase=TagPhase.RETIRING, space=space, since=s.queue.next))


class Twin(Faulty):
    """Counts the functions for which something may be cached."""

    def detach(self, s: Any, caller: Vm, rid: Rid) -> Any:
        """Take a function out of its address space; caches may still hold the old context."""
        return Hypervisor.detach(self, s, caller, rid)

    def finish_detach(self, s: Any, caller: Vm, rid: Rid, ticket: Ticket) -> Any:
        """Nothing is cached for the function any more: it does not count any more either."""
        space = s.function[rid].space
        return super().finish_detach(s, caller, rid, ticket).put("users", space, Users(n=s.users[space].n - 1))

    @invariant
    def users_are_counted(self, s: Any, space: Space) -> bool:
        """An address space for devices has as many users as contexts name it; another one has none."""
        io, n = s.space[space].io, s.users[space].n
        return all_of(implies(io, n == s.count[account(AccountKind.CONTEXTS, space)].n), implies(negate(io), n == 0))
