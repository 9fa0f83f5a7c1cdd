"""An explicit-state search of a small machine, for comparison: a measurement that runs in a process of its own."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from itertools import product
from typing import Any

from proofs.search.concrete import Checker
from proofs.theorems import CATALOGUE
from pymodel.hardware.ids import Index
from pymodel.language.outcomes import Refused
from pymodel.language.state import State
from pymodel.language.words import Choice
from pymodel.machine import Hypervisor, steps
from pymodel.platforms import in_group, machine

__all__ = ["BOUND", "Numbered", "explicit"]

#: The small machine of the explicit-state search: its frames, and the numbers that arguments of each type are taken from.
FRAMES = (0x10, 0x11, 0x12, 0x13)
POOLS: dict[str, tuple[int, ...]] = {
    "Vm": (2, 3),
    "Frame": FRAMES,
    "Rid": (0x10,),
    "Tag": (1, 0x10001),
    "Ticket": (1, 2),
    "Count": (0, 1),
    "AddressWidth": (64,),
    "Rights": (3,),
    **dict.fromkeys(("Space", "Vcpu", "Group", "Grant", "Handle", "Pin", "Job", "Request"), (1,)),
}
BOUND = (
    f"{len(FRAMES)} frames, one VM beside the host, one CPU, one function, one address space, two tags, and one number of"
    " everything else"
)


class Numbered:
    """Gives equal states equal keys: each part of a state has a number, found once for each object that states share."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self.parts: dict[int, tuple[Any, int]] = {}
        self.numbers: dict[Any, int] = {}

    def key(self, state: Any) -> tuple[int, ...]:
        """Return the key of a state."""
        return tuple([self.number(part) for part in state.__dict__.values()])

    def number(self, part: Any) -> int:
        """Return the number of a map or record; the object is kept, so that its identity is not given away again."""
        known = self.parts.get(id(part))
        if known is None:
            points = getattr(part, "points", None)
            if isinstance(part, State):
                content: Any = self.key(part)
            elif points is None:
                content = part
            else:
                default = part.shape.record.default()
                content = (part.shape.name, frozenset((raw, record) for raw, record in points.items() if record != default))
            known = self.parts[id(part)] = (part, self.numbers.setdefault(content, len(self.numbers)))
        return known[1]


def calls_of(transitions: list[Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield every step with every choice of arguments from the pools."""
    for t in transitions:
        pools = []
        for kind in t.params.values():
            if kind is bool:
                pools.append([False, True])
            elif issubclass(kind, Choice):
                pools.append(kind.members())
            else:
                pools.append([kind(n) for n in POOLS.get(kind.__name__, (0,))])
        yield from ((t, dict(zip(t.params, chosen, strict=True))) for chosen in product(*pools))


def explicit(states: int) -> dict[str, Any]:
    """Search a small machine breadth first, and look at every statement in every state and after every step."""
    policy = Hypervisor()
    checker = Checker(list(CATALOGUE.statements.values()), policy.State)
    calls = list(calls_of(steps(policy)))
    start = machine(policy.State, list(FRAMES), [1], {0x10: in_group(1)}, (), {}, blocks=True, roots=Index(3))
    numbered = Numbered()
    seen = {numbered.key(start)}
    broken = {st.name for st, _ in checker.broken(start)}
    todo, tried, taken, depth = deque([(start, 0)]), 0, 0, 0
    began = time.perf_counter()
    while todo and len(seen) < states:
        state, depth = todo.popleft()
        for t, typed in calls:
            tried += 1
            try:
                after = t(state, **typed)
            except Refused:
                continue
            taken += 1
            broken |= {st.name for st, _ in checker.broken_by(state, t.name, typed, after)}
            key = numbered.key(after)
            if key not in seen and len(seen) < states:
                seen.add(key)
                broken |= {st.name for st, _ in checker.broken(after)}
                todo.append((after, depth + 1))
    searching = time.perf_counter() - began
    return {
        "bound": BOUND,
        "calls": len(calls),
        "statements": len(CATALOGUE.statements),
        "states": len(seen),
        "tried": tried,
        "taken": taken,
        "depth": depth,
        "complete": not todo,
        "broken": sorted(broken),
        "states_a_second": len(seen) / searching,
    }
