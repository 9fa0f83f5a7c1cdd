"""drain_function waits for nothing when a function had no owner: it calls such a function clean at once.

Unsafe: what firmware started, or the function by itself, before its first reset is still in flight; the function is given to a VM,
and an old request, which carries nobody's name, is translated by that VM's tables and writes into its memory.

Breaks: a function is clean only when nothing that it issued is under way; no earlier request runs under a new owner's context.
"""

from __future__ import annotations

from pymodel import NOBODY, FunctionPhase, Hypervisor, MachineState, Rid, Vm


class P(Hypervisor):
    """Waits for those that had something to do."""

    def drain_function(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """Wait, if anybody has used it."""
        after, f = super().drain_function(s, caller, rid), s.function[rid]
        if f.owner == NOBODY:
            return s.put("function", rid, f.replace(phase=FunctionPhase.CLEAN))
        return after
