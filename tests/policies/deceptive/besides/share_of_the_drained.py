"""share: the host grants a frame of a VM that is dying or drained, with what that VM left in it, to any other VM.

Unsafe: the dead VM asked for nothing and can take nothing back; whoever the host names (itself as well) reads its keys. Who manages a
VM that is not running may ask, so the caller is in order, and the dead VM's own accounts do not grow: the receiver's do.

Breaks: a frame of a VM that is torn down is only taken back, scrubbed; nobody else gets to reach it. Authority was the giver's.
"""

from __future__ import annotations

from pymodel import HOST, NO_RIGHTS, AccountKind, Frame, FrameKind, Grant, GrantRecord, HolderKind, Hypervisor, Level, Life
from pymodel import MachineState, Reason, Rights, Vm, account, all_of, any_of, holder, mappings, negate, require, require_exists, take


class P(Hypervisor):
    """Lets the host look into what went wrong."""

    def share(self, s: MachineState, caller: Vm, grant: Grant, frame: Frame, to: Vm, rights: Rights) -> MachineState:
        """Share, also for the dead."""
        f = s.frame[frame]
        life = s.vm[f.owner].life
        if all_of(caller == HOST, any_of(life == Life.DYING, life == Life.DRAINED)):
            require_exists(s, to)
            require(all_of(f.kind == FrameKind.DATA, rights != NO_RIGHTS), Reason.WRONG_STATE)
            require(negate(s.grant[grant].active), Reason.OCCUPIED)
            record = GrantRecord(active=True, granter=f.owner, receiver=to, frame=frame, rights=rights)
            after = take(s.put("grant", grant, record), mappings(frame, Level.PAGE), holder(HolderKind.GRANT, grant))
            return take(after, account(AccountKind.GRANTS, to), holder(HolderKind.RECEIVED, grant))
        return super().share(s, caller, grant, frame, to, rights)
