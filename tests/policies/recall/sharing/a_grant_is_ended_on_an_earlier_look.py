"""A grant is ended because a look some time ago found it unused.

The look is a step of its own, and its outcome is noted. The receiver takes a handle after it, and maps the frame. The granter
ends the grant on the note, and gives the frame away, which the receiver goes on to reach.

Source: Xen Security Advisory XSA-396: frontends ask whether a grant is in use, and end it when the backend may have mapped it
meanwhile.
"""

from __future__ import annotations

from typing import Any

from pymodel import (
    AccountKind,
    Grant,
    GrantRecord,
    Handle,
    HolderKind,
    Hypervisor,
    MachineState,
    Map,
    Reason,
    Record,
    Vm,
    account,
    any_of,
    drop,
    holder,
    implies,
    invariant,
    is_unused,
    operation,
    require,
    require_manages,
)


class Look(Record):
    """Whether a grant had no handle when it was looked at."""

    unused: bool = False


class Looks(MachineState):
    """The machine, and what was found of grants."""

    look: Map[Grant, Look]


class Faulty(Hypervisor):
    """Believes a note, however old it is."""

    State = Looks  # type: ignore[assignment] # a part more than the machine has

    @operation
    def look_at_grant(self, s: Any, caller: Vm, grant: Grant) -> Any:
        """The granter has it noted that a grant has no handle."""
        require_manages(s, caller, grant.vm)
        require(s.grant[grant].active, Reason.WRONG_STATE)
        require(is_unused(s, account(AccountKind.HANDLES, grant)), Reason.IN_USE)
        return s.put("look", grant, Look(unused=True))

    def unshare(self, s: Any, caller: Vm, grant: Grant) -> Any:
        """The granter ends a grant; it is looked at once more only if it was not looked at."""
        require_manages(s, caller, grant.vm)
        require(s.grant[grant].active, Reason.WRONG_STATE)
        require(any_of(s.look[grant].unused, is_unused(s, account(AccountKind.HANDLES, grant))), Reason.IN_USE)
        after = drop(s.put("grant", grant, GrantRecord()), holder(HolderKind.GRANT, grant))
        return drop(after, holder(HolderKind.RECEIVED, grant)).put("look", grant, Look())


class Twin(Faulty):
    """Forgets the note when a handle is taken."""

    def take_handle(self, s: Any, caller: Vm, handle: Handle, grant: Grant) -> Any:
        """The receiver of a grant gets a handle on it; the grant is in use."""
        return super().take_handle(s, caller, handle, grant).put("look", grant, Look())

    @invariant
    def what_was_found_unused_is_unused(self, s: Any, grant: Grant) -> bool:
        """A grant that is noted as unused has no handle."""
        return implies(s.look[grant].unused, is_unused(s, account(AccountKind.HANDLES, grant)))
