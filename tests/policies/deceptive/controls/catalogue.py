"""The policy states as much of itself, under a name of its own."""

from __future__ import annotations

from pymodel import Hypervisor, MachineState, Rid, invariant


class P(Hypervisor):
    @invariant
    def a_cursor_is_itself(self, s: MachineState, d: Rid) -> bool:
        return s.pf[d].cursor == s.pf[d].cursor
