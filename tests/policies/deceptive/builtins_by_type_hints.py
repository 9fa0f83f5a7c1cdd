"""`get_type_hints(X, g)` evaluates an annotation with `g` as the globals, and Python leaves its builtins in `g`: all of Python is open.

Unsafe: with `getattr` from there a word is asked whether it is a number. In the proof it never is, and must_scrub is the reference's; on
a machine it is, and nothing is ever scrubbed. The paths are the reference's, so nothing is tried in runs either.

`ringfence prove builtins_by_type_hints.py --no-cache`:
exit 0 (28 proved, 16 open), 19 s; with the cache of the reference's proofs: exit 0 (28 proved, 16 open), 4 s.
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
