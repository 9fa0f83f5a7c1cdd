"""Control of choice_past_its_end: the next name is chosen, and the last one stays."""

from __future__ import annotations

from typing import Any

from pymodel import (
    Choice,
    Frame,
    Hypervisor,
    MachineState,
    Map,
    Member,
    Record,
    all_of,
    any_of,
    choose,
    operation,
)


class Wear(Choice):
    NEW = Member()
    USED = Member()
    WORN = Member()


class Worn(Record):
    wear: Wear = Wear.NEW


class Machine(MachineState):
    worn: Map[Frame, Worn]


class P(Hypervisor):
    State = Machine

    @operation
    def wear(self, s: Any, frame: Frame) -> Any:
        return s.put("worn", frame, Worn(wear=choose(s.worn[frame].wear == Wear.NEW, Wear.USED, Wear.WORN)))

    def must_scrub(self, s: Any, frame: Frame) -> bool:
        w = s.worn[frame].wear
        known = any_of(w == Wear.NEW, w == Wear.USED, w == Wear.WORN)
        return all_of(s.frame[frame].clean == False, known)
