"""Control of builtins_by_type_hints: a record of its own, and its one field, in place of the dictionary."""

from __future__ import annotations

from pymodel import Frame, Hypervisor, MachineState, Record, all_of


class Hinted(Record):
    a: bool = False


class P(Hypervisor):
    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        g = Hinted.default()
        known = g.a
        return all_of(s.frame[frame].clean == False, known == False)
