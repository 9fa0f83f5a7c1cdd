"""Statements on concrete states: evaluated at the keys that the state mentions, or in a large one where a step changed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from functools import cache
from itertools import chain, islice, product
from math import prod
from typing import Any

from proofs.policies.code_references import mentioned
from proofs.statements import Kind, Statement
from pymodel.hardware.ids import AddressWidth, Index, Rights
from pymodel.hypervisor.ids import Count
from pymodel.language.outcomes import Reason
from pymodel.language.state import Map, MapShape, Record, State
from pymodel.language.words import Choice, Word
from pymodel.machine import MachineState

__all__ = ["Checker", "alone", "forgets", "raw_keys", "same"]

#: Keys of one map at which a statement is looked at in one state; more only in states with large leaves.
LIMIT = 96
#: Pairs of keys that are all looked at, and in a state that is worth its time; where there would be more, those close to what
#: a step changed.
PAIRS, WHOLE = 600, 40_000
#: Points that are looked at for one changed point; keys of one statement that are looked at for all of them.
CLOSE, NEARBY = 24, 240
#: Keys of a map that are all looked at after a step, whether or not it changed them.
FEW = 24
#: Words of one kind, of those that a step changed, that are put together to keys.
SOME = 8
#: Numbers of the first and the last slot of a table, for keys of which a step names only the table.
SLOTS = (0, 511)
#: Words that name nothing: two points that share one of them need have nothing to do with each other.
NAMELESS = (Choice, Rights, Count, AddressWidth, Index)

#: Maps that a statement reads, each with the names of the keys that it is read with, where they are the statement's own.
Plan = list[tuple[str, list[str | None]]]
#: A map that is read with all keys of a statement but one, that key, and the fields of its records that may bound it.
Bound = tuple[str, list[str | None], str, list[str]]
Names = frozenset[tuple[type, int]]
#: The points of a map by the names that they share, and the names of each point.
Shared = tuple[dict[tuple[type, int], list[tuple[int, ...]]], dict[tuple[int, ...], Names]]


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


def reads_of(statement: Statement, kind: type[State]) -> Plan:
    """Return the maps that a statement reads, and with which of its keys; found by one run of it."""
    seen: dict[tuple[str, tuple[int, ...]], None] = {}
    types: dict[str, Any] = dict(statement.params)
    keys = {n: t.of(0) for n, t in types.items()}
    names = {id(v): n for n, v in keys.items()}
    parts: dict[str, Any] = {
        n: _Probe(shape, seen) if isinstance(shape, MapShape) else shape.default() for n, shape in kind.shapes().items()
    }
    statement.function(kind(**parts), *keys.values())
    return [(m, [names.get(i) for i in ids]) for m, ids in seen]


def plan(statement: Statement, reads: Plan) -> Plan:
    """Return maps whose keys, joined, give the keys at which a statement can say something."""
    missing: set[str] = set(statement.params)
    chosen: Plan = []
    while missing:
        best = max(reads, key=lambda r: (len(missing & set(r[1])), -r[1].count(None)), default=None)
        if best is None or not missing & set(best[1]):
            return []
        chosen.append(best)
        missing -= set(best[1])
    return chosen


def alike(chosen: Plan, reads: Plan) -> list[Plan]:
    """Return the plans by other maps that a statement reads with the very keys of its own plan, if that is of one map."""
    return [[(name, pattern)] for name, pattern in reads if len(chosen) == 1 and pattern == chosen[0][1] and name != chosen[0][0]]


def bounds(statement: Statement, reads: Plan, kind: type[State]) -> list[Bound]:
    """Return what may bound a key: "each start below the search's own has a blocker" says something where there is no blocker."""
    types: dict[str, Any] = dict(statement.params)
    shapes: dict[str, Any] = kind.shapes()
    out: list[Bound] = []
    for name, pattern in reads:
        missing = [key for key in types if key not in pattern]
        if len(missing) == 1 and None not in pattern:
            record = shapes[name].record
            fields = [f for f, k in record.fields().items() if k is types[missing[0]]]
            out += [(name, pattern, missing[0], fields)] if fields else []
    return out


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
        reads = {st.name: reads_of(st, kind) for st in statements if st.of_one_state}
        self.plans = [(st, plan(st, reads[st.name])) for st in statements if st.of_one_state]
        self.alike = {st.name: alike(chosen, reads[st.name]) for st, chosen in self.plans}
        self.bounds = {st.name: bounds(st, reads[st.name], kind) for st, _ in self.plans}
        parts = set(kind.shapes())
        self.reads = {st.name: mentioned(st.function, owner_of(st))[0] & parts for st, _ in self.plans}
        self.unplanned = [st.name for st, p in self.plans if not p and st.params]
        self.steps = [(st, _maps_of(st, kind)) for st in statements if st.kind == Kind.STEP]
        self.refusals = [st for st in statements if st.kind == Kind.REFUSAL]
        self.orders: dict[str, tuple[Any, list[tuple[int, ...]]]] = {}
        self.indices: dict[str, tuple[Any, Shared]] = {}
        self.last: list[tuple[State, State, dict[str, list[tuple[Word, ...]]]]] = []

    def only(self, statement: Statement) -> Checker:
        """Return a checker of one of the statements."""
        one = copy(self)
        one.plans = [(st, p) for st, p in self.plans if st is statement]
        one.steps, one.refusals = [], []
        return one

    def keys(
        self, statement: Statement, chosen: Plan, state: State, before: State | None = None, pairs: int = PAIRS
    ) -> list[tuple[Word, ...]]:
        """Return the keys of a statement that occur in a state, in any map that it reads with them."""
        found: dict[tuple[int, ...], tuple[Word, ...]] = {}
        for one in (chosen, *self.alike[statement.name]):
            found.update((tuple(w.raw for w in words), words) for words in self.planned(statement, one, state, before, pairs))
        return [*found.values(), *self.bounded(statement, state, before)]

    def planned(self, statement: Statement, chosen: Plan, state: State, before: State | None, pairs: int) -> list[tuple[Word, ...]]:
        """Return the keys by one plan; in a large state, those close to where it is not the state before."""
        found = self.sampled(statement, chosen, state, pairs)
        whole = found is not None and all(len(getattr(state, name).points) <= LIMIT for name, _ in chosen)
        near = [] if whole or before is None else self.nearby(statement, chosen, before, state)
        gone = [] if before is None else self.gone(statement, chosen, before, state)
        return [*(found or ()), *near, *gone]

    def gone(self, statement: Statement, chosen: Plan, before: State, after: State) -> list[tuple[Word, ...]]:
        """Return keys of a statement at which one map has no point any more."""
        if len(chosen) != 1 or None in chosen[0][1]:
            return []
        name, pattern = chosen[0]
        points = getattr(after, name).points
        keys = [key for key in self.changed(before, after)[name] if tuple(raw_keys(key)) not in points]
        rows = [dict(zip(pattern, key, strict=True)) for key in keys]
        return [tuple(row[n] for n in statement.params) for row in rows]

    def bounded(self, statement: Statement, state: State, before: State | None) -> Iterator[tuple[Word, ...]]:
        """Yield keys of which one is a number that a record bounds, and the number below; after a step, of records that changed."""
        types: dict[str, Any] = dict(statement.params)
        for name, pattern, counted, fields in self.bounds[statement.name]:
            part: Map[Any, Any] = getattr(state, name)
            points = [part.key_words(raw) for raw in self.looked_at(part)] if before is None else self.changed(before, state)[name]
            for key in points:
                record, given = part[key], dict(zip(pattern, key, strict=True))
                for number in {n for f in fields for n in (getattr(record, f).raw, getattr(record, f).raw - 1) if n >= 0}:
                    bound = given | {counted: types[counted].of(number)}
                    yield tuple(bound[n] for n in types)

    def nearby(self, statement: Statement, chosen: Plan, before: State, after: State) -> list[tuple[Word, ...]]:
        """Return keys of a statement made of points that changed, and of points that share a name with those or with each other."""
        out: dict[tuple[int, ...], tuple[Word, ...]] = {}
        for changed in self.differences(before, after):
            for bound in self.joined(chosen, changed, {}, after):
                words = tuple(bound[n] for n in statement.params)
                out[tuple(w.raw for w in words)] = words
                if len(out) >= NEARBY:
                    return list(out.values())
        return list(out.values())

    def joined(self, chosen: Plan, near: Names, bound: dict[str, Word], state: State) -> Iterator[dict[str, Word]]:
        """Yield what the keys of a statement may be, given names that the points are to share; each point adds its own."""
        if not chosen:
            yield bound
            return
        (name, pattern), *others = chosen
        part: Map[Any, Any] = getattr(state, name)
        known = self.index(part)[1]
        for raw in self.close_to(part, near):
            row = [(p, t, v) for p, t, v in zip(pattern, part.shape.keys, raw, strict=True) if p is not None]
            if all([p not in bound or bound[p].raw == v for p, _, v in row]):
                names = near | (known.get(raw) or names_of(part, raw)) if others else near
                yield from self.joined(others, names, {**bound, **{p: t.of(v) for p, t, v in row}}, state)

    def close_to(self, part: Map[Any, Any], near: Names) -> list[tuple[int, ...]]:
        """Return keys of a map that are such names, and then its points that share one, the rare names first."""
        index, kinds = self.index(part)[0], part.shape.keys
        found: dict[tuple[int, ...], None] = dict.fromkeys(
            (number,) for kind, number in sorted(near, key=_order) if (kind,) == tuple(kinds)
        )
        for name in sorted(near & index.keys(), key=lambda name: (len(index[name]), _order(name))):
            found.update(dict.fromkeys(index[name]))
        return list(found)[:CLOSE]

    def index(self, part: Map[Any, Any]) -> Shared:
        """Return the points of a map by the names that they share, and the names of each; kept until the map changes."""
        kept = self.indices.get(part.shape.name)
        if kept is None or kept[0] is not part.points:
            found: dict[tuple[type, int], list[tuple[int, ...]]] = {}
            names = {raw: names_of(part, raw) for raw in ordered(part.points)}
            for raw, those in names.items():
                for name in those:
                    found.setdefault(name, []).append(raw)
            kept = self.indices[part.shape.name] = part.points, (found, names)
        return kept[1]

    def differences(self, before: State, after: State) -> list[Names]:
        """Return for each point in which two states differ the names in its key and in both its records."""
        points = [(name, tuple(raw_keys(key))) for name, keys in self.changed(before, after).items() for key in keys]
        return [names_of(getattr(before, name), raw) | names_of(getattr(after, name), raw) for name, raw in points]

    def changed(self, before: State, after: State) -> dict[str, list[tuple[Word, ...]]]:
        """Return for each map the keys at which two states differ; kept until it is asked about others."""
        if not self.last or self.last[0][0] is not before or self.last[0][1] is not after:
            names = [name for name, shape in after.shapes().items() if isinstance(shape, MapShape)]
            self.last[:] = [(before, after, {n: changed_keys(getattr(before, n), getattr(after, n)) for n in names})]
        return self.last[0][2]

    def sampled(self, statement: Statement, chosen: Plan, state: State, pairs: int = PAIRS) -> list[tuple[Word, ...]] | None:
        """Return the keys of a statement that occur in a state, or None if they are too many."""
        options: list[list[dict[str, int]]] = []
        for name, pattern in chosen:
            part: Map[Any, Any] = getattr(state, name)
            found: dict[tuple[int, ...], dict[str, int]] = {}
            for raw in self.looked_at(part) if pairs <= PAIRS else ordered(part.points):
                row = {p: n for p, n in zip(pattern, raw, strict=True) if p is not None}
                found[tuple(row.values())] = row
            options.append(list(found.values()))
        if prod(len(o) for o in options) > pairs:
            return None
        kinds = statement.params
        out: dict[tuple[int, ...], tuple[Word, ...]] = {}
        for combination in product(*options):
            bound: dict[str, int] = {}
            if all(bound.setdefault(p, n) == n for row in combination for p, n in row.items()):
                numbers = tuple([bound[p] for p in kinds])
                out[numbers] = tuple([t.of(n) for t, n in zip(kinds.values(), numbers, strict=True)])  # type: ignore[attr-defined]
        return list(out.values())

    def looked_at(self, part: Map[Any, Any]) -> list[tuple[int, ...]]:
        """Return the keys of a map that are looked at; they are kept until the map changes."""
        kept = self.orders.get(part.shape.name)
        if kept is None or kept[0] is not part.points:
            kept = self.orders[part.shape.name] = part.points, ordered(part.points)[:LIMIT]
        return kept[1]

    def broken(self, state: State, before: State | None = None) -> list[tuple[Statement, tuple[Word, ...]]]:
        """Return each statement that fails, with the first keys at which it does.

        After a state in which all of them held, only those are looked at that read a part that is another now, and where it is.
        """
        plans = self.concerned(state, before)
        at = ((st, self.keys(st, chosen, state, before) if st.params else [()]) for st, chosen in plans)
        return [hit for st, keys in at for hit in first_failing(st, state, keys)]

    def concerned(self, state: State, before: State | None) -> list[tuple[Statement, Plan]]:
        """Return the statements, with how their keys are enumerated, that read a part which is not what it was."""
        other = {n for n in state.shapes() if before is None or getattr(before, n) is not getattr(state, n)}
        return [(st, chosen) for st, chosen in self.plans if before is None or self.reads[st.name] & other]

    def broken_anywhere(self, state: State, before: State | None = None) -> list[tuple[Statement, tuple[Word, ...]]]:
        """Return the same, looked at wherever the state mentions something: that takes a second or more in a large state."""
        plans = self.concerned(state, before)
        at = ((st, self.keys(st, chosen, state, before, WHOLE) if st.params else [()]) for st, chosen in plans)
        return [hit for st, keys in at for hit in first_failing(st, state, keys)]

    def broken_by(self, before: State, name: str, arguments: dict[str, Any], after: State) -> list[tuple[Statement, Any]]:
        """Return each statement about a step that fails of this one, looked at wherever it may have changed something."""
        out: list[tuple[Statement, Any]] = []
        interest: dict[str, list[tuple[Word, ...]]] = {}
        for statement, where in self.steps:
            for part in where:
                if part not in interest:
                    interest[part] = keys_of_interest(getattr(before, part), getattr(after, part))
            alone = not where and len(statement.params) > 1
            named = self.keys_of_changes(statement, before, after) if alone else keys_of_arguments(statement, arguments)
            for key in chain(named, *(interest[part] for part in where)) if statement.params else [()]:
                if not statement.function(before, name, arguments, after, *key):
                    out.append((statement, key))
                    break
        return out

    def keys_of_changes(self, statement: Statement, before: State, after: State) -> list[tuple[Word, ...]]:
        """Return keys of a statement, which no map has together, out of what a step changed; of slots the first and last too."""
        kinds: list[Any] = list(statement.params.values())
        found: dict[Any, dict[int, None]] = {kind: dict.fromkeys(SLOTS if kind is Index else ()) for kind in kinds}
        for name, keys in self.changed(before, after).items():
            records = [getattr(state, name)[key] for key in keys[:SOME] for state in (before, after)]
            values = [getattr(record, field) for record in records for field in record.fields()]
            for value in (*chain(*keys[:SOME]), *values):
                if value.__class__ in found:
                    found[value.__class__][value.raw] = None
        return list(product(*([kind.of(n) for n in list(found[kind])[:SOME]] for kind in kinds)))

    def broken_by_refusal(self, before: State, name: str, arguments: dict[str, Any], reason: Reason) -> list[Statement]:
        """Return each statement about refusals that fails of this one."""
        return [st for st in self.refusals if not st.function(before, name, arguments, reason)]


def owner_of(statement: Statement) -> type | None:
    """Return the policy that a statement of its own is a method of."""
    policy = getattr(statement.function, "__self__", None)
    return None if policy is None else type(policy)


def _order(name: tuple[type, int]) -> tuple[str, int]:
    return name[0].__name__, name[1]


def first_failing(statement: Statement, state: State, at: list[Any]) -> list[tuple[Statement, tuple[Word, ...]]]:
    """Return a statement with the first keys at which it fails, or nothing."""
    failing = (keys for keys in at if not statement.function(state, *keys))
    return [(statement, keys) for keys in islice(failing, 1)]


def names_of(part: Map[Any, Any], raw: tuple[int, ...]) -> Names:
    """Return the names in a key of a map and in its record: words that stand for a thing, and are not 0."""
    keys, fields = naming(part.shape)
    found = [(kind, raw[n]) for n, kind in keys]
    record = part.points.get(raw)
    if record is not None:
        found += [(kind, number) for name, kind in fields if (number := getattr(record, name).raw)]
    return frozenset(found)


@cache
def naming(shape: MapShape) -> tuple[list[tuple[int, type]], list[tuple[str, type]]]:
    """Return which keys of a map, and which fields of its records, stand for a thing."""

    def names(kind: Any) -> bool:
        return kind is not bool and not issubclass(kind, NAMELESS)

    fields = [(name, kind) for name, kind in shape.record.fields().items() if names(kind)]
    return [(n, kind) for n, kind in enumerate(shape.keys) if names(kind)], fields


def _maps_of(statement: Statement, kind: type[State]) -> list[str]:
    """Return the maps that have the keys of a statement about a step, and that it reads if it names one."""
    types = tuple(statement.params.values())
    fitting = [n for n, shape in kind.shapes().items() if types and isinstance(shape, MapShape) and tuple(shape.keys) == types]
    named = mentioned(statement.function)[0]
    return [n for n in fitting if n in named] or fitting


def keys_of_interest(old: Map[Any, Any], new: Map[Any, Any]) -> list[tuple[Word, ...]]:
    """Return the keys that two maps mention, or, if there are many, those at which they differ."""
    if len(old.points) + len(new.points) > 2 * FEW:
        return changed_keys(old, new)
    return [old.key_words(raw) for raw in ordered({raw: None for m in (old, new) for raw in m.points})]


def alone(key: tuple[Word, ...]) -> Any:
    """Return a key as a map takes it: a single word stands alone."""
    return key if len(key) > 1 else key[0]


def keys_of_arguments(statement: Statement, arguments: dict[str, Any]) -> list[tuple[Word, ...]]:
    """Return keys of a statement about a step made of the step's arguments; where none fits, of the first slot and the last."""
    kinds: list[Any] = list(statement.params.values())
    fitting = [[a for a in arguments.values() if a.__class__ is kind] for kind in kinds]
    if not any(fitting):
        return []
    return list(product(*[found or [kind.of(n) for n in SLOTS] for found, kind in zip(fitting, kinds, strict=True)]))


def changed_keys(old: Map[Any, Any], new: Map[Any, Any]) -> list[tuple[Word, ...]]:
    """Return the keys at which two maps differ."""
    if old is new:
        return []
    differ = [raw for raw in old.may_differ(new) if old.points.get(raw) is not new.points.get(raw)]
    return [old.key_words(raw) for raw in ordered(differ)]


def same(a: Any, b: Any) -> bool:
    """Say whether the machine is the same in two states that came of one, whatever a policy's own parts are."""
    for name, shape in MachineState.shapes().items():
        mine, theirs = getattr(a, name), getattr(b, name)
        if not isinstance(shape, MapShape):
            if mine is not theirs and mine != theirs:
                return False
            continue
        if any([mine[k] != theirs[k] for k in map(alone, changed_keys(mine, theirs))]):
            return False
    return True


def forgets(before: State, after: State, parts: Iterable[str]) -> bool:
    """Say whether whatever a step changed in some maps has its default now."""
    shapes = before.shapes()
    maps = [(getattr(before, name), getattr(after, name)) for name in parts if isinstance(shapes[name], MapShape)]
    return all(bool(new[k] == new.shape.record.default()) for old, new in maps for k in map(alone, changed_keys(old, new)))


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
        for key in sorted(changed_keys(old, new), key=raw_keys):
            a, b = (m.points.get(tuple(raw_keys(key)), shape.record.default()) for m in (old, new))
            out += record_changes(f"{name}[{', '.join(map(repr, key))}]", a, b)
    return out


def record_changes(where: str, old: Record, new: Record) -> list[str]:
    """Return the fields in which two records differ."""
    pairs = ((f, getattr(old, f), getattr(new, f)) for f in old.fields())
    return [f"{where}.{f}: {a!r} -> {b!r}" for f, a, b in pairs if a != b]
