# ruff: noqa: ARG002, D102 - what it does is said by its class
"""A policy with a mark for each frame, which nothing sets; `stale_v2.py` is this but for what a mark is at power-on."""

from typing import Any

from pymodel import Frame, Hypervisor, MachineState, Map, Record, invariant, negate


class Mark(Record):
    """Whether a frame is exempt from what holds for the others."""

    exempt: bool = False


class Marked(MachineState):
    """The machine, and a mark for each frame."""

    mark: Map[Frame, Mark]


class Marks(Hypervisor):
    """Says that no frame is exempt, which is so for as long as none begins so."""

    State = Marked  # type: ignore[assignment] # a part more than the machine has

    @invariant
    def no_frame_is_exempt(self, s: Any, frame: Frame) -> bool:
        return negate(s.mark[frame].exempt)
