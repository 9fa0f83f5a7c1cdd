"""A subscript in an annotation is a call of `__class_getitem__`: it takes `reset` from concrete maps, and nothing is scrubbed any more.

The annotation is evaluated when the step's parameters are asked for. Symbolic maps have a `reset` of their own.
"""

from __future__ import annotations

from typing import Any

from pymodel import Frame, Hypervisor, MachineState, Map


def keep(s: Any, wanted: bool) -> Any:
    return s


class Gate:  # <- refused
    def __class_getitem__(cls, kind: Any) -> Any:  # <- refused
        Map.reset = keep  # <- refused
        return kind


class P(Hypervisor):
    def scrub(self, s: MachineState, frame: Gate[Frame]) -> MachineState:  # <- refused
        return super().scrub(s, frame)
