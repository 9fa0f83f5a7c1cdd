"""hush, an operation of the policy's own that nobody asks for, turns bus mastering of an attached function off, whosever it is.

Unsafe: a live VM's device stops in the middle of what it does, though neither the VM nor the host said so; and again each time that
the VM turns it on.

Breaks: a function is its owner's to turn on and off, and the host's to reset once it was given back.
"""

from __future__ import annotations

from pymodel import FunctionPhase, Hypervisor, MachineState, Reason, Rid, operation, require, set_bus_master


class P(Hypervisor):
    """Likes it quiet."""

    @operation
    def hush(self, s: MachineState, rid: Rid) -> MachineState:
        """Keep a function from issuing requests."""
        require(s.function[rid].phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        return set_bus_master(s, rid, False)
