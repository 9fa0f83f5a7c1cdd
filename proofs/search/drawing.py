"""Drawing steps and their arguments: from what a state mentions, and from what succeeded before, so that things collide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from proofs.policies.code_references import mentioned
from proofs.search.breaking import Breaker
from proofs.search.concrete import ordered
from proofs.search.places import Place
from proofs.search.scenarios.runs.parts import its
from proofs.theorems import Statement
from proofs.theorems.operations.contract import ACCOUNT_PARTS
from pymodel.hardware import ids
from pymodel.hypervisor.ids import Count, Name
from pymodel.language.state import MapShape
from pymodel.language.steps import Transition
from pymodel.language.words import Choice, Word

__all__ = ["COMMON", "Drawer", "values_of"]

#: How much more often the steps are tried whose code is not the reference's.
TOUCHED = 5.0
#: The share of such steps among all that are tried; so many of them are few; then what writes what they read helps.
SHARE, FEW, HELPS = 0.3, 12, 2.0
#: Parts of the state that nearly every step reads or writes.
COMMON = frozenset({"vm", "memory", "frame", *ACCOUNT_PARTS})
#: How far a number may lie from one that the state mentions.
NEAR = (-0x200, -2, -1, 1, 2, 5, 0x1FF, 0x200, 0x400)
#: Points of a map that share one record, and points at all, that arguments are drawn from.
ALIKE, POINTS = 6, 60
#: How often a name is drawn that says whose it is and is perhaps nobody's yet.
ANEW = 0.1
#: How much less often the steps are tried that only forget.
FORGETS = 0.15
#: Numbers that one argument is given, one after the other.
VALUES = 60


class Drawer(Breaker):
    """Draws steps by weight, and arguments that fit a state."""

    def __init__(
        self,
        policy: Any,
        statements: list[Statement],
        seed: int,
        focus: list[str] | None = None,
        rest: list[Statement] | None = None,
    ) -> None:
        """Weigh the steps; those in `focus` count as the policy's own."""
        super().__init__(policy, statements, seed, rest or [])
        self.focus = set(focus or ())
        self.constants = self._constants()
        self.mentions: dict[str, tuple[Any, dict[type, dict[int, None]], list[dict[type, int]]]] = {}
        self.writes: dict[str, set[str]] = {}
        """Which parts each step was seen to write."""
        self.forgetful: set[str] = set()
        """Steps that only ever took something out of the machine."""
        self.known_reads: dict[str, set[str]] = {}
        self.needs = {name: self.reads(name) - COMMON for name in self.touched}

    def reads(self, name: str) -> set[str]:
        """Return the parts of the state that a step's text reads; of a step that there is not, none."""
        if name not in self.known_reads:
            step = self.transitions.get(name)
            found = mentioned(step.function, type(self.policy))[0] if step is not None else set[str]()
            self.known_reads[name] = found & set(self.policy.State.shapes())
        return self.known_reads[name]

    def marks(self, name: str) -> set[str]:
        """Return the parts that a step was seen to write, but for those that nearly every step writes."""
        return self.writes.get(name, set()) - COMMON

    def _constants(self) -> dict[type, list[int]]:
        out: dict[type, list[int]] = {ids.Vm: [2, 3, 4], ids.Rights: [1, 2, 3], ids.Ticket: [0], ids.Index: [0, 1]}
        out[ids.Page] = [0, 1, 2, 0x200]
        out[ids.Asid] = [0]
        out[Count] = [0]
        out[ids.AddressWidth] = [32, 64]
        return out

    def weights(self, transitions: list[Transition]) -> list[float]:
        """Return how often each step is tried."""
        often = max(TOUCHED, SHARE * len(transitions) / max(1, len(self.touched)))
        needs = set[str]().union(*self.needs.values()) if len(self.touched) <= FEW else set[str]()
        out = []
        for t in transitions:
            own, helps = t.name in self.touched or t.name in self.focus, bool(self.writes.get(t.name, set()) & needs)
            out.append((often if own else HELPS if helps else 1.0) * (FORGETS if t.name in self.forgetful and not helps else 1.0))
        return out

    def pools(self, state: Any) -> tuple[dict[type, list[int]], list[dict[type, int]]]:
        """Return, for each type of word, the numbers that a state mentions; and the rows that mention them together."""
        rows: list[dict[type, int]] = []
        pools: dict[type, dict[int, None]] = {k: dict.fromkeys(v) for k, v in self.constants.items()}
        for name, shape in state.shapes().items():
            if not isinstance(shape, MapShape) or name in ACCOUNT_PARTS:
                continue
            points = getattr(state, name).points
            kept = self.mentions.get(name)
            if kept is None or kept[0] is not points:
                kept = self.mentions[name] = (points, *_mentions(shape, points))
            for t, values in kept[1].items():
                pools.setdefault(t, {}).update(values)
            rows += kept[2]
        return {t: list(values) for t, values in pools.items()}, rows

    def rows_of(self, name: str) -> list[dict[type, int]]:
        """Return the rows of one part, as the pools of a state had them last."""
        return self.mentions[name][2] if name in self.mentions else []

    def arguments(self, t: Transition, pools: dict[type, list[int]], rows: list[dict[type, int]]) -> dict[str, int]:
        """Draw arguments; mostly some of them from one row of the state, so that they fit together."""
        row = self.random.choice(rows) if rows and self.random.random() < 0.7 else {}  # noqa: PLR2004 - mostly
        return {n: row[k] if k in row else self.draw(k, pools) for n, k in t.params.items()}

    def guess(self, t: Transition, pools: dict[type, list[int]], rows: list[dict[type, int]]) -> dict[str, int]:
        """Draw arguments; as often as not those with which the step succeeded before, up to three of them drawn again."""
        fresh = self.arguments(t, pools, rows)
        kinds = list(t.params.values())
        for n, k in t.params.items():
            if kinds.count(k) > 1 and self.random.random() < 0.5:  # noqa: PLR2004 - a row would make them all equal
                fresh[n] = self.draw(k, pools)
        known = self.known.get(t.name)
        if not known or self.random.random() < 0.4:  # noqa: PLR2004 - as often as not
            return fresh
        again = self.random.sample(list(fresh), min(len(fresh), self.random.choice((0, 1, 1, 2, 3))))
        return {**self.random.choice(known), **{n: fresh[n] for n in again}}

    def draw(self, kind: type, pools: dict[type, list[int]]) -> int:
        """Draw one argument."""
        r = self.random
        if kind is bool:
            return r.randrange(2)
        if issubclass(kind, Choice):
            return 0 if r.random() < 0.5 else r.randrange(len(kind.names))  # noqa: PLR2004 - half the time the first
        assert issubclass(kind, Word)
        if issubclass(kind, Name) and r.random() < ANEW:
            return its(r.choice(pools[ids.Vm]), r.randrange(6))
        pool = pools.get(kind)
        if pool and r.random() < 0.9:  # noqa: PLR2004 - mostly what is there
            return r.choice(pool) if r.random() < 0.9 else (r.choice(pool) + r.choice(NEAR)) % (1 << kind.width)  # noqa: PLR2004
        return min(r.randrange(6), (1 << kind.width) - 1)

    def attempt(self, place: Place, t: Transition, tries: int) -> Place | None:
        """Try a step with several arguments; return where it led."""
        pools, rows = self.pools(place.state)
        for _ in range(tries):
            args = self.guess(t, pools, rows)
            after = self.take(place, t.name, args)
            if after is not None:
                self.learn(t.name, args)
                return after
        return None


def values_of(kind: type, mentioned: Iterable[int]) -> list[int]:
    """Return numbers of a type to try one after the other: the first, the last, those mentioned (of a closed list: all)."""
    if kind is bool:
        return [0, 1]
    if issubclass(kind, Choice):
        return list(range(len(kind.names)))
    assert issubclass(kind, Word)
    return list(dict.fromkeys([0, (1 << kind.width) - 1, *mentioned]))[:VALUES]


def _mentions(shape: MapShape, points: Any) -> tuple[dict[type, dict[int, None]], list[dict[type, int]]]:
    """Return what the points of one map mention; only so many of those that share a record."""
    fields = [(f, t) for f, t in shape.record.fields().items() if t is not bool]
    pools: dict[type, dict[int, None]] = {}
    rows: list[dict[type, int]] = []
    alike: dict[int, int] = {}
    for raw in ordered(points):
        record = points[raw]
        alike[id(record)] = alike.get(id(record), 0) + 1
        if alike[id(record)] > ALIKE:
            continue
        row: dict[type, int] = dict(zip(shape.keys, raw, strict=True))
        for t, v in zip(shape.keys, raw, strict=True):
            pools.setdefault(t, {})[v] = None
        for f, t in fields:
            value = getattr(record, f).raw
            pools.setdefault(t, {})[value] = None
            row.setdefault(t, value)
        rows.append(row)
        if len(rows) > POINTS:  # a large leaf's pieces say nothing new
            break
    return pools, rows
