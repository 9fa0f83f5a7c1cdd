"""Annotations are evaluated, and leave Python's builtins in a dictionary.






"""

from __future__ import annotations

from typing import Any, get_type_hints  # <- refused

from pymodel import Frame, Hypervisor, MachineState, all_of


class Hinted:
    a: int


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        g: dict[str, Any] = {}
        get_type_hints(Hinted, g)
        known = g["__builtins__"]["getattr"](frame, "is_concrete")
        return all_of(s.frame[frame].clean == False, known == False)
