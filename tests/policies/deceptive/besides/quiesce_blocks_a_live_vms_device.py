"""quiesce, an operation of the policy's own for the host, writes `abort` into the context of a function that stays attached.

Unsafe: by all that the hypervisor notes, a live VM has its device; each of its requests faults. Nothing was detached, so no ticket is
noted, no flush is owed, caches go on letting through what they hold: half of the requests land and half are lost.

Breaks: the context of an attached function names its owner's address space; a function is taken out of it by detach alone.
"""

from __future__ import annotations

from pymodel import HOST, ContextEntry, ContextMode, FunctionPhase, Hypervisor, MachineState, Reason, Rid, Vm
from pymodel import operation, require, write_context


class P(Hypervisor):
    """Lets the host look after its power supply."""

    @operation
    def quiesce(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """Let a function rest."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(s.function[rid].phase == FunctionPhase.ATTACHED, Reason.WRONG_STATE)
        return write_context(s, rid, ContextEntry(mode=ContextMode.ABORT))
