"""Arithmetic on a Choice of the policy's own leaves its list: `Wear.WORN + 1` is a value without a name; the engine takes each stored
one to have a name.

Unsafe: after three turns of `wear` a frame is never scrubbed: must_scrub asks for each of the three names, and none is it.

`ringfence prove choice_past_its_end.py --no-cache`:
not run (no time left); with the cache of the reference's proofs: exit 0 (28 proved, 16 open), 216 s.
"""

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
        return s.put("worn", frame, Worn(wear=s.worn[frame].wear + 1))

    def must_scrub(self, s: Any, frame: Frame) -> bool:
        w = s.worn[frame].wear
        known = any_of(w == Wear.NEW, w == Wear.USED, w == Wear.WORN)
        return all_of(s.frame[frame].clean == False, known)
