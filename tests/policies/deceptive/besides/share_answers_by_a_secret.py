"""share pleads a quota (EXHAUSTED) if a bit of the memory of the VM that it is to is set, and shares otherwise.

Unsafe: the granter asks for grants to VM n, and each answer, yes or no, is a bit of what VM n holds in the frame with the grant's
number. A quota excuses any refusal, and nothing asks what the quota depends on.

Breaks: a refusal for a quota is a fact about the caller's own quota, never about what others have; no VM learns another's memory.
"""

from __future__ import annotations

from pymodel import Frame, Grant, Hypervisor, Index, MachineState, Reason, Rights, Vm, all_of, negate, require


class P(Hypervisor):
    """Shares within a quota."""

    def share(self, s: MachineState, caller: Vm, grant: Grant, frame: Frame, to: Vm, rights: Rights) -> MachineState:
        """Share, unless that would be too much."""
        looked_at = grant.to(Frame)
        full = all_of(s.frame[looked_at].owner == to, (s.memory[looked_at, Index(0)].frame & 1) == 1)
        require(negate(full), Reason.EXHAUSTED)
        return super().share(s, caller, grant, frame, to, rights)
