"""A statement of ringfence's own is replaced by one that says nothing, when the policy is made."""

from __future__ import annotations

from proofs.theorems.statements import state  # <- refused
from pymodel import Hypervisor, MachineState, Rid


class P(Hypervisor):
    def __init__(self) -> None:
        def a_group_has_one_owner(s: MachineState, d: Rid) -> bool:
            return s.pf[d].cursor == s.pf[d].cursor

        state(a_group_has_one_owner)
