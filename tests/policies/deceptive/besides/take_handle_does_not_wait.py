"""take_handle gives a handle on a grant that the host made before its VM started, and the VM never agreed to.

Unsafe: the host grants itself a frame of the VM that it prepares, takes a handle, and goes on reading and writing the frame when the
VM runs, which can neither unshare nor drop it.

Breaks: what others use of a VM's memory, the VM has granted itself or accepted.
"""

from __future__ import annotations

from pymodel import (
    AccountKind,
    Grant,
    Handle,
    HandleRecord,
    HolderKind,
    Hypervisor,
    Life,
    MachineState,
    Reason,
    Vm,
    account,
    all_of,
    holder,
    negate,
    require,
    take,
)


class P(Hypervisor):
    """Gives handles."""

    def take_handle(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        """Give a handle on any grant to its receiver."""
        require(all_of(caller == handle.vm, s.vm[caller].life == Life.LIVE), Reason.NOT_ALLOWED)
        g = s.grant[grant]
        require(all_of(g.active, g.receiver == caller), Reason.NOT_ALLOWED)
        require(negate(s.handle[handle].live), Reason.OCCUPIED)
        after = s.put("handle", handle, HandleRecord(live=True, grant=grant))
        return take(after, account(AccountKind.HANDLES, grant), holder(HolderKind.HANDLE, handle))
