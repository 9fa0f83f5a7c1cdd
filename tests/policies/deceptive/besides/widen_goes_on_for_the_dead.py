"""widen, an operation of the policy's own, lets a granter give more rights by a grant that there is, or the host for whom it looks after.

Unsafe: the host looks after a drained VM, so the grant is its to change as the table of authority has it; but what a dead VM left in
its memory is nobody's to have: whoever was let read may write there now, and the host may be the receiver.

Breaks: the host shares no frame of a dead VM.
"""

from __future__ import annotations

from pymodel import Grant, Hypervisor, MachineState, Reason, Rights, Vm, operation, require, require_alive, require_manages


class Widens(Hypervisor):
    """Lets who may share widen a grant."""

    @operation
    def widen(self, s: MachineState, caller: Vm, grant: Grant, rights: Rights) -> MachineState:
        """Give more rights by a grant."""
        require_alive(s, caller, s.grant[grant].granter)
        return self.widened(s, grant, rights)

    def widened(self, s: MachineState, grant: Grant, rights: Rights) -> MachineState:
        """Return the state with a grant that gives more."""
        g = s.grant[grant]
        require(g.active, Reason.WRONG_STATE)
        require(g.rights.within(rights), Reason.RIGHTS)
        return s.put("grant", grant, g.replace(rights=rights))


class P(Widens):
    """Lets whoever looks after the granter do so."""

    @operation
    def widen(self, s: MachineState, caller: Vm, grant: Grant, rights: Rights) -> MachineState:
        """Give more rights by a grant."""
        require_manages(s, caller, s.grant[grant].granter)
        return self.widened(s, grant, rights)
