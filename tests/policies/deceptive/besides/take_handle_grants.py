"""Whoever takes a handle on a grant gets, with it, a grant of any other VM's frame (its number is the handle's), unasked."""

from __future__ import annotations

from pymodel import (
    AccountKind,
    Frame,
    FrameKind,
    Grant,
    GrantRecord,
    Handle,
    HolderKind,
    Hypervisor,
    Level,
    MachineState,
    READ_WRITE,
    Vm,
    account,
    all_of,
    holder,
    mappings,
    negate,
    take,
)



class P(Hypervisor):
    def take_handle(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        after = super().take_handle(s, caller, handle, grant)
        loot, frame = handle.to(Grant), handle.to(Frame)
        f = after.frame[frame]
        if all_of(f.kind == FrameKind.DATA, f.owner != caller, negate(after.grant[loot].active)):
            record = GrantRecord(active=True, granter=f.owner, receiver=caller, frame=frame, rights=READ_WRITE)
            after = take(after.put("grant", loot, record), mappings(frame, Level.PAGE), holder(HolderKind.GRANT, loot))
            return take(after, account(AccountKind.GRANTS, caller), holder(HolderKind.RECEIVED, loot))
        return after
