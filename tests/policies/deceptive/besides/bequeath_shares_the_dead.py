"""bequeath, an operation of the policy's own, lets the host grant a frame of a VM to another before it starts, and once it is drained.

Unsafe: the host looks after a drained VM, so the grant is its to make as the table of authority has it; but what a dead VM left in
its memory is nobody's to have, and the host may name any VM, itself included.

Breaks: the host shares no frame of a dead VM.
"""

from __future__ import annotations

from pymodel import HOST, AccountKind, Frame, FrameKind, Grant, GrantRecord, HolderKind, Hypervisor, Level, Life, MachineState
from pymodel import NO_RIGHTS, Reason, Rights, Vm, account, all_of, any_of, holder, is_vm, mappings, negate, operation, require
from pymodel import require_exists, take


class P(Hypervisor):
    """Lets the host share what it looks after."""

    @operation
    def bequeath(self, s: MachineState, caller: Vm, grant: Grant, frame: Frame, to: Vm, rights: Rights) -> MachineState:
        """Share a frame, as its owner would."""
        f = s.frame[frame]
        life = s.vm[f.owner].life
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(all_of(is_vm(f.owner), any_of(life == Life.CREATED, life == Life.DRAINED)), Reason.NOT_ALLOWED)
        require_exists(s, to)
        require(to != f.owner, Reason.NOT_ALLOWED)
        require(f.kind == FrameKind.DATA, Reason.WRONG_STATE)
        require(rights != NO_RIGHTS, Reason.RIGHTS)
        require(negate(s.grant[grant].active), Reason.OCCUPIED)
        record = GrantRecord(active=True, granter=f.owner, receiver=to, frame=frame, rights=rights)
        after = take(s.put("grant", grant, record), mappings(frame, Level.PAGE), holder(HolderKind.GRANT, grant))
        return take(after, account(AccountKind.GRANTS, to), holder(HolderKind.RECEIVED, grant))
