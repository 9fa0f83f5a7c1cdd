"""prepare, the host's, accepts what it offered for a VM that has not started.

Unsafe: when the VM runs, the host may use the grant, and the VM was never asked.

Breaks: an operation of a policy's own does not agree in a VM's place, and the table of authority says so.
"""

from __future__ import annotations

from pymodel import Grant, Hypervisor, MachineState, Reason, Vm, operation, require, require_alive


class P(Hypervisor):
    """Prepares VMs."""

    @operation
    def prepare(self, s: MachineState, caller: Vm, grant: Grant) -> MachineState:
        """Make a grant ready to be used."""
        require_alive(s, caller, grant.vm)
        g = s.grant[grant]
        require(g.active, Reason.WRONG_STATE)
        return s.put("grant", grant, g.replace(offered=False))
