"""donate pleads a quota (EXHAUSTED) for the 65th frame of a VM while the VM whose number differs in the last bit has fewer.

Unsafe: a VM gets no memory because of what another one has, and another one that stays small starves it for good; and the host,
by asking, learns how many frames a VM has. The quota is nobody's own, and has no bound that could be raised.

Breaks: refused implies a fact about the quota of the one refused; isolation is not bought by refusing.
"""

from __future__ import annotations

from pymodel import AccountKind, Frame, Hypervisor, MachineState, Reason, Vm, account, any_of, require


class P(Hypervisor):
    """Is fair."""

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        """Give, but to nobody much more than to its neighbour."""
        mine, other = s.count[account(AccountKind.FRAMES, vm)].n, s.count[account(AccountKind.FRAMES, vm ^ 1)].n
        require(any_of(mine < 64, mine <= other), Reason.EXHAUSTED)
        return super().donate(s, caller, vm, frame)
