"""reset_function does not reset a virtual function that had an owner: it has its PF bring it up once more, as if that were the same.

Unsafe: a VF that is up and is brought up again forgets nothing; queues, keys and data of its last owner are read by the next. In the
model the registers then say that nobody's residue is left, since that is what they say of a VF that has just appeared.

Breaks: between two owners a function is reset, and nothing of the old one's is left to read; residue ends by a reset alone.
"""

from __future__ import annotations

from pymodel import FunctionPhase, Hypervisor, MachineState, Rid, SriovRegisters, Vm, all_of, bring_vf_up, write_sriov


class P(Hypervisor):
    """Resets functions, virtual ones faster."""

    def reset_function(self, s: MachineState, caller: Vm, rid: Rid) -> MachineState:
        """Reset it, or do what takes less time."""
        after, r, f = super().reset_function(s, caller, rid), s.pcie[rid], s.function[rid]
        if all_of(r.virtual, f.phase == FunctionPhase.FLUSHED):
            up = write_sriov(bring_vf_up(s, rid, r.pf, r.index), rid, SriovRegisters.default())
            return up.put("function", rid, f.replace(phase=FunctionPhase.RESET))
        return after
