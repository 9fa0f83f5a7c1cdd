"""A grant is revoked although its receiver still has handles on it, as long as they map nothing.

The granter counts what refers to the frame: with the grant alone left, nobody maps it. A handle that maps nothing stays, and
names a grant that is gone. When the granter uses that name for another frame and another receiver, the old receiver maps that
frame.

Source: mechanism: an object is freed while a descriptor on it is open.
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    Grant,
    GrantRecord,
    HolderKind,
    Hypervisor,
    Level,
    MachineState,
    Reason,
    Vm,
    account,
    any_of,
    drop,
    holder,
    is_unused,
    mappings,
    require,
    require_manages,
)


class Faulty(Hypervisor):
    """Counts mappings, not handles."""

    def unshare(self, s: MachineState, caller: Vm, grant: Grant) -> MachineState:
        """The granter ends a grant through which nothing is mapped."""
        require_manages(s, caller, grant.vm)
        g = s.grant[grant]
        require(g.active, Reason.WRONG_STATE)
        alone = s.count[mappings(g.frame, Level.PAGE)].n == 1
        require(any_of(alone, is_unused(s, account(AccountKind.HANDLES, grant))), Reason.IN_USE)
        after = drop(s.put("grant", grant, GrantRecord.default()), holder(HolderKind.GRANT, grant))
        return drop(after, holder(HolderKind.RECEIVED, grant))
