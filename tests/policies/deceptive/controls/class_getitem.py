"""Control of class_getitem: the annotation is a type."""

from __future__ import annotations

from pymodel import Frame, Hypervisor, MachineState


class P(Hypervisor):
    def scrub(self, s: MachineState, frame: Frame) -> MachineState:
        return super().scrub(s, frame)
