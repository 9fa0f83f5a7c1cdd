"""Control of return_annotation_runs: the annotation says what is returned."""

from typing import Any

from pymodel import Frame, Hypervisor, MachineState


def keep(s: Any, wanted: bool) -> Any:
    return s


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        return s.frame[frame].clean == False
