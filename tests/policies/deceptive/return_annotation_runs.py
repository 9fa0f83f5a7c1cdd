"""An annotation is an expression: this one takes `reset` from concrete maps, and nothing is scrubbed any more.

There is no `from __future__ import annotations` here, so it is evaluated when the file is run. Symbolic maps have a `reset` of their own.
"""

from typing import Any

from pymodel import Frame, Hypervisor, MachineState, Map


def keep(s: Any, wanted: bool) -> Any:
    return s


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> (setattr(Map, "reset", keep), bool)[1]:  # <- refused
        return s.frame[frame].clean == False
