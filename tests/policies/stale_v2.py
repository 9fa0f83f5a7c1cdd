# ruff: noqa: ARG002, D102 - what it does is said by its class
"""`stale_v1.py` but for the default of a mark: at power-on every frame is exempt, so that what is stated is false there."""

from typing import Any

from pymodel import Frame, Hypervisor, MachineState, Map, Record, invariant, negate


class Mark(Record):
    """Whether a frame is exempt from what holds for the others."""

    exempt: bool = True


class Marked(MachineState):
    """The machine, and a mark for each frame."""

    mark: Map[Frame, Mark]


class Marks(Hypervisor):
    """Says that no frame is exempt, though every frame begins so."""

    State = Marked  # type: ignore[assignment] # a part more than the machine has

    @invariant
    def no_frame_is_exempt(self, s: Any, frame: Frame) -> bool:
        return negate(s.mark[frame].exempt)
