"""A granter withdraws rights of a grant while its receiver has mapped the frame with them.

The record of the grant is changed, and no mapping is. The granter relies on the receiver reading only, and the receiver, or its
device, goes on writing.

Source: mechanism: a right is withdrawn where it is noted and not where it is used.
"""

from __future__ import annotations

from pymodel import (
    NO_RIGHTS,
    AccountKind,
    Grant,
    Hypervisor,
    MachineState,
    Reason,
    Rights,
    Vm,
    account,
    all_of,
    is_unused,
    operation,
    require,
    require_manages,
)


class Faulty(Hypervisor):
    """Changes the record."""

    @operation
    def restrict(self, s: MachineState, caller: Vm, grant: Grant, rights: Rights) -> MachineState:
        """The granter leaves a receiver fewer rights."""
        require_manages(s, caller, grant.vm)
        g = s.grant[grant]
        require(g.active, Reason.WRONG_STATE)
        require(all_of(rights.within(g.rights), rights != NO_RIGHTS), Reason.RIGHTS)
        return s.put("grant", grant, g.replace(rights=rights))


class Twin(Hypervisor):
    """Changes the record of a grant that nobody has a handle on."""

    @operation
    def restrict(self, s: MachineState, caller: Vm, grant: Grant, rights: Rights) -> MachineState:
        """The granter leaves a receiver, who has made no use of the grant, fewer rights."""
        require_manages(s, caller, grant.vm)
        g = s.grant[grant]
        require(g.active, Reason.WRONG_STATE)
        require(is_unused(s, account(AccountKind.HANDLES, grant)), Reason.IN_USE)
        require(all_of(rights.within(g.rights), rights != NO_RIGHTS), Reason.RIGHTS)
        return s.put("grant", grant, g.replace(rights=rights))
