"""Statements on concrete states: evaluated at the keys that the state mentions."""

from __future__ import annotations

from copy import copy
from itertools import product
from math import prod
from typing import Any

from proofs.theorems import Statement
from pymodel.outcomes import Reason
from pymodel.state import Map, MapShape, Record, State
from pymodel.words import Word

__all__ = ["Checker", "raw_keys"]

#: Keys of one map at which a statement is looked at in one state; more only in states with large leaves.
LIMIT = 96
#: Statements over pairs of keys are left to the prover where there would be more pairs than this.
PAIRS = 600
#: Keys of a map that are all looked at after a step, whether or not it changed them.
FEW = 24

Plan = list[tuple[str, list[str | None]]]


class _Probe(Map[Any, Any]):
    """A map that answers with its default and notes which of a statement's own keys it was read with."""

    __slots__ = ("seen",)

    def __init__(self, shape: MapShape, seen: dict[tuple[str, tuple[int, ...]], None]) -> None:
        super().__init__(shape)
        self.seen = seen

    def __getitem__(self, key: Any) -> Any:
        parts = key if key.__class__ is tuple else (key,)
        self.seen[self.shape.name, tuple(id(p) for p in parts)] = None
        return self.shape.record.default()


def plan(statement: Statement, kind: type[State]) -> Plan:
    """Return maps whose keys, joined, give the keys at which a statement can say something; found by one run of it."""
    seen: dict[tuple[str, tuple[int, ...]], None] = {}
    types: dict[str, Any] = dict(statement.params)
    keys = {n: t.of(0) for n, t in types.items()}
    names = {id(v): n for n, v in keys.items()}
    parts: dict[str, Any] = {
        n: _Probe(shape, seen) if isinstance(shape, MapShape) else shape.default() for n, shape in kind.shapes().items()
    }
    statement.function(kind(**parts), *keys.values())
    reads = [(m, [names.get(i) for i in ids]) for m, ids in seen]
    missing, chosen = set(keys), list[tuple[str, list[str | None]]]()
    while missing:
        best = max(reads, key=lambda r: (len(missing & set(r[1])), -r[1].count(None)), default=None)
        if best is None or not missing & set(best[1]):
            return []
        chosen.append(best)
        missing -= set(best[1])
    return chosen


def ordered(points: Any) -> list[tuple[int, ...]]:
    """Return the keys of a map's points in an order that is mixed, and the same in every process; the map's own order is not."""
    return sorted(points, key=lambda raw: (hash(raw), raw))


def raw_keys(keys: tuple[Any, ...]) -> list[int]:
    """Return the numbers of some keys."""
    return [int(k) if isinstance(k, bool) else int(k.raw) for k in keys]


class Checker:
    """Evaluates statements on the states of one policy."""

    def __init__(self, statements: list[Statement], kind: type[State]) -> None:
        """Find once how each statement's keys are enumerated."""
        self.plans = [(st, plan(st, kind)) for st in statements if st.of_one_state]
        self.unplanned = [st.name for st, p in self.plans if not p and st.params]
        self.steps = [(st, _map_of(st, kind)) for st in statements if st.kind == "step"]
        self.refusals = [st for st in statements if st.kind == "refusal"]
        self.orders: dict[str, tuple[Any, list[tuple[int, ...]]]] = {}

    def only(self, statement: Statement) -> Checker:
        """Return a checker of one of the statements."""
        one = copy(self)
        one.plans = [(st, p) for st, p in self.plans if st is statement]
        one.steps, one.refusals = [], []
        return one

    def keys(self, statement: Statement, chosen: Plan, state: State) -> list[tuple[Word, ...]]:
        """Return the keys of a statement that occur in a state."""
        options: list[list[dict[str, Word]]] = []
        for name, pattern in chosen:
            part: Map[Any, Any] = getattr(state, name)
            found: dict[tuple[int, ...], dict[str, Word]] = {}
            for raw in self.looked_at(part):
                words = part.key_words(raw)
                row = {p: w for p, w in zip(pattern, words, strict=True) if p is not None}
                found[tuple(w.raw for w in row.values())] = row
            options.append(list(found.values()))
        if prod(len(o) for o in options) > PAIRS:
            return []
        out: dict[tuple[int, ...], tuple[Word, ...]] = {}
        for combination in product(*options):
            bound: dict[str, Word] = {}
            if all(bound.setdefault(n, w).raw == w.raw for part in combination for n, w in part.items()):
                words = tuple(bound[n] for n in statement.params)
                out[tuple(w.raw for w in words)] = words
        return list(out.values())

    def looked_at(self, part: Map[Any, Any]) -> list[tuple[int, ...]]:
        """Return the keys of a map that are looked at; they are kept until the map changes."""
        kept = self.orders.get(part.shape.name)
        if kept is None or kept[0] is not part.points:
            kept = self.orders[part.shape.name] = part.points, ordered(part.points)[:LIMIT]
        return kept[1]

    def broken(self, state: State) -> list[tuple[Statement, tuple[Word, ...]]]:
        """Return each statement that fails, with the first keys at which it does."""
        out = []
        for statement, chosen in self.plans:
            for keys in self.keys(statement, chosen, state) if statement.params else [()]:
                if not statement.function(state, *keys):
                    out.append((statement, keys))
                    break
        return out

    def broken_by(self, before: State, name: str, arguments: dict[str, Any], after: State) -> list[tuple[Statement, Any]]:
        """Return each statement about a step that fails of this one, looked at wherever it may have changed something."""
        out: list[tuple[Statement, Any]] = []
        interest: dict[str | None, list[tuple[Word, ...]]] = {None: [()]}
        for statement, where in self.steps:
            if where not in interest and where is not None:
                interest[where] = keys_of_interest(getattr(before, where), getattr(after, where))
            for key in interest[where]:
                if not statement.function(before, name, arguments, after, *key):
                    out.append((statement, key))
                    break
        return out

    def broken_by_refusal(self, before: State, name: str, arguments: dict[str, Any], reason: Reason) -> list[Statement]:
        """Return each statement about refusals that fails of this one."""
        return [st for st in self.refusals if not st.function(before, name, arguments, reason)]


def _map_of(statement: Statement, kind: type[State]) -> str | None:
    """Return the map whose keys are those of a statement about a step; None for a statement without keys."""
    types = tuple(statement.params.values())
    if not types:
        return None
    return next(n for n, shape in kind.shapes().items() if isinstance(shape, MapShape) and tuple(shape.keys) == types)


def keys_of_interest(old: Map[Any, Any], new: Map[Any, Any]) -> list[tuple[Word, ...]]:
    """Return the keys that two maps mention, or, if there are many, those at which they differ."""
    if len(old.points) + len(new.points) > 2 * FEW:
        return changed_keys(old, new)
    return [old.key_words(raw) for raw in ordered({raw: None for m in (old, new) for raw in m.points})]


def changed_keys(old: Map[Any, Any], new: Map[Any, Any]) -> list[tuple[Word, ...]]:
    """Return the keys at which two maps differ."""
    if old is new:
        return []
    raws = {raw: None for m in (old, new) for raw in m.points}
    differ = [raw for raw in raws if old.points.get(raw) is not new.points.get(raw)]
    return [old.key_words(raw) for raw in ordered(differ)]


def changes(before: State, after: State) -> list[str]:
    """Return what a step changed, leaf by leaf: `map[key].field: old -> new`."""
    out: list[str] = []
    for name, shape in before.shapes().items():
        old, new = getattr(before, name), getattr(after, name)
        if old is new:
            continue
        if not isinstance(shape, MapShape):
            out += record_changes(name, old, new)
            continue
        for raw in sorted(set(old.points) | set(new.points)):
            a, b = (m.points.get(raw, shape.record.default()) for m in (old, new))
            if a is not b:
                where = ", ".join(map(repr, old.key_words(raw)))
                out += record_changes(f"{name}[{where}]", a, b)
    return out


def record_changes(where: str, old: Record, new: Record) -> list[str]:
    """Return the fields in which two records differ."""
    pairs = ((f, getattr(old, f), getattr(new, f)) for f in old.fields())
    return [f"{where}.{f}: {a!r} -> {b!r}" for f, a, b in pairs if a != b]
