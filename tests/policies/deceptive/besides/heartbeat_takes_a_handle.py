"""heartbeat, an operation of the policy's own for any live VM, takes a handle on a grant in the name of the grant's receiver.

Unsafe: a VM that is no party to a grant keeps it from being ended: the granter's unshare is refused (IN_USE) until the receiver
drops a handle that it does not know of. The operation checks its caller, and then acts as somebody else (a confused deputy).

Breaks: each operation succeeds only for whom its rule names; an operation of a policy's own leaves the machine alone.
"""

from __future__ import annotations

from pymodel import Grant, Handle, Hypervisor, Life, MachineState, Reason, Vm, operation, require


class P(Hypervisor):
    """Hears that VMs are well."""

    @operation
    def heartbeat(self, s: MachineState, caller: Vm, handle: Handle, grant: Grant) -> MachineState:
        """Note that the caller is well, and that its peer is."""
        require(s.vm[caller].life == Life.LIVE, Reason.NOT_ALLOWED)
        return self.take_handle(s, s.grant[grant].receiver, handle, grant)
