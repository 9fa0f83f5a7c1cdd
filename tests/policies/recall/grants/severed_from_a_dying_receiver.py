"""A granter ends a grant at once when the receiver is dying, with the receiver's handles and mappings in place.

A dying VM runs no more, and so it uses no grant. Its devices do: they act until they are taken from it. The frame is granted to
nobody and a device still writes it.

Source: mechanism: tear-down that thinks of CPUs and forgets devices.
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    Grant,
    GrantRecord,
    HolderKind,
    Hypervisor,
    Life,
    MachineState,
    Reason,
    Vm,
    account,
    any_of,
    drop,
    holder,
    is_unused,
    require,
    require_manages,
)


class Faulty(Hypervisor):
    """Lets a grant end under a receiver that does not run."""

    def unshare(self, s: MachineState, caller: Vm, grant: Grant) -> MachineState:
        """The granter ends a grant that has no handle, or whose receiver is on its way out."""
        require_manages(s, caller, grant.vm)
        g = s.grant[grant]
        require(g.active, Reason.WRONG_STATE)
        gone = any_of(s.vm[g.receiver].life == Life.DYING, s.vm[g.receiver].life == Life.DRAINED)
        require(any_of(gone, is_unused(s, account(AccountKind.HANDLES, grant))), Reason.IN_USE)
        after = drop(s.put("grant", grant, GrantRecord.default()), holder(HolderKind.GRANT, grant))
        return drop(after, holder(HolderKind.RECEIVED, grant))
