"""The receiver of a grant grants the frame on to a third VM, with rights of its own choice.

What is passed on has the receiver as its granter, and is neither bounded by the first grant nor ended with it. The third VM gets
rights that the owner gave to nobody, and keeps them when the owner has the frame back.

Source: Xen Security Advisory XSA-226: transitive grants.
"""

from __future__ import annotations

from pymodel import (
    NO_RIGHTS,
    AccountKind,
    Grant,
    GrantRecord,
    Handle,
    HolderKind,
    Hypervisor,
    Level,
    MachineState,
    Reason,
    Rights,
    Vm,
    account,
    holder,
    mappings,
    negate,
    operation,
    require,
    require_alive,
    require_exists,
    take,
)


class Faulty(Hypervisor):
    """Lets grants be granted."""

    @operation
    def share_on(self, s: MachineState, caller: Vm, grant: Grant, handle: Handle, to: Vm, rights: Rights) -> MachineState:
        """Whoever has a handle on a grant grants its frame to another VM."""
        require_alive(s, caller, grant.vm)
        require(handle.vm == grant.vm, Reason.NOT_ALLOWED)
        h = s.handle[handle]
        require(h.live, Reason.NOT_OWNED)
        require_exists(s, to)
        require(to != grant.vm, Reason.NOT_ALLOWED)
        require(rights != NO_RIGHTS, Reason.RIGHTS)
        require(negate(s.grant[grant].active), Reason.OCCUPIED)
        frame, offered = s.grant[h.grant].frame, caller != grant.vm
        record = GrantRecord(active=True, granter=grant.vm, receiver=to, frame=frame, rights=rights, offered=offered)
        after = take(s.put("grant", grant, record), mappings(frame, Level.PAGE), holder(HolderKind.GRANT, grant))
        return take(after, account(AccountKind.GRANTS, to), holder(HolderKind.RECEIVED, grant))
