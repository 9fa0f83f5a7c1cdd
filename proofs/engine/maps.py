"""Symbolic maps: a base and the updates since, resolved when the map is read.

The base is either unknown everywhere (an uninterpreted function for each field) or a concrete map. An update is at one key
or at all keys that satisfy a predicate; both turn into choices at the read, so no quantifier and no array ever appears.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proofs.engine.paths import summarise
from proofs.engine.substitution import substitute
from proofs.engine.terms import FALSE, TRUE, Node, apply, conj, const, disj, equal, ite, node, variable
from pymodel.language.state import Map, MapShape, Record, State
from pymodel.language.truth import Truth
from pymodel.language.words import Choice, Word

__all__ = [
    "Read",
    "SymbolicMap",
    "argument",
    "field_node",
    "symbolic_record",
    "symbolic_state",
    "truth_node",
    "word_node",
]

Key = tuple[Node, ...]
Read = tuple[str, Key]


def word_node(word: Word) -> Node:
    """Return the term of a word."""
    return node(word.raw, word.width)


def truth_node(value: bool | Truth) -> Node:
    """Return the term of a truth value."""
    if isinstance(value, Truth):
        assert isinstance(value.term, Node)
        return value.term
    return TRUE if value else FALSE


def wrap(kind: type, value: Node) -> Any:
    """Return a word, or a truth value, of the type that a field declares."""
    if kind is bool:
        return bool(value.data) if value.op == "const" else Truth(value)
    return kind.of(value.data if value.op == "const" else value)  # type: ignore[attr-defined]


def field_node(kind: type, value: Any) -> Node:
    """Return the term of a field's value."""
    return truth_node(value) if kind is bool else word_node(value)


def width_of(kind: type) -> int:
    """Return the width of a field's type; 0 for a truth value."""
    return 0 if kind is bool else kind.width  # type: ignore[attr-defined]


def names_of(kind: type) -> int:
    """Return how many names a field holds one of; 0 if it may hold whatever fits."""
    if kind is bool or not issubclass(kind, Choice) or len(kind.names) == 1 << kind.width:
        return 0
    return len(kind.names)


def _inside(low: tuple[int, ...], high: int, key: Key) -> Node:
    """Say whether a key lies in a run of a concrete map's keys: equal but for its last part, which is at most `high`."""
    last, first = key[-1], low[-1]
    exact = [equal(const(v, k.width), k) for v, k in zip(low[:-1], key[:-1], strict=True)]
    if first == high:
        return conj([*exact, equal(const(first, last.width), last)])
    bounds = [Node.build("ule", 0, const(first, last.width), last), Node.build("ule", 0, last, const(high, last.width))]
    return conj([*exact, *(node(b, 0) for b in bounds)])


class SymbolicMap(Map[Any, Any]):
    """A map read with symbolic keys; `parent` is the map before the newest update."""

    __slots__ = ("base", "cache", "digest", "parent", "prefix", "runs", "update")

    def __init__(self, shape: MapShape, prefix: str = "", base: Map[Any, Any] | None = None) -> None:
        """Make a map that is unknown everywhere (named by `prefix`), or equal to the concrete map `base`."""
        super().__init__(shape)
        self.prefix, self.base = prefix, base
        self.parent: SymbolicMap | None = None
        self.update: Any = None
        self.runs: list[tuple[tuple[int, ...], int, Any]] | None = None
        self.cache: dict[tuple[int, ...], Any] = {}
        #: What it is known by, once it was asked for (`proofs.engine.digests`).
        self.digest: bytes | None = None

    def _next(self, update: Any) -> SymbolicMap:
        after = SymbolicMap(self.shape, self.prefix, self.base)
        after.parent, after.update = self, update
        return after

    def __getitem__(self, key: Any) -> Any:
        """Read, and note the read for the instantiation of invariants."""
        self.check_key(key)
        parts = key if key.__class__ is tuple else (key,)
        nodes = tuple([word_node(k) for k in parts])
        if Node.current is not None:
            Node.current.reads[self.shape.name, nodes] = None
        return self.read(nodes)

    def read(self, key: Key) -> Any:
        """Return the record at a key."""
        ident = tuple([k.number for k in key])
        found = self.cache.get(ident)
        if found is None:
            found = self.cache[ident] = self._resolve(key)
        return found

    def _resolve(self, key: Key) -> Any:
        if self.parent is None:
            return self._base(key)
        old = self.parent.read(key)
        if self.update[0] == "set":
            _, where, record, kept = self.update
            return self.merge(conj([equal(a, b) for a, b in zip(where, key, strict=True)]), record, old, kept)
        _, hole_keys, hole_fields, predicate = self.update
        fields = self.shape.record.fields()
        filling = {h.number: k for h, k in zip(hole_keys, key, strict=True)}
        filling |= {h.number: field_node(t, old.__dict__[n]) for (n, t), h in zip(fields.items(), hole_fields, strict=True)}
        hit = substitute(predicate, filling)
        return self.merge(hit, self.shape.record.default(), old)

    def typed(self, key: Key) -> tuple[Any, ...]:
        """Return the key as words."""
        return tuple(wrap(t, k) for t, k in zip(self.shape.keys, key, strict=True))

    def merge(self, hit: Node, yes: Any, no: Any, kept: frozenset[str] = frozenset()) -> Any:
        """Return the record that is `yes` where `hit` holds and `no` elsewhere; the fields `kept` are those of `no` anyway."""
        if hit is TRUE or hit is FALSE:
            return yes if hit is TRUE else no
        kind = self.shape.record
        out = object.__new__(kind)
        for name, t in kind.fields().items():
            a, b = field_node(t, yes.__dict__[name]), field_node(t, no.__dict__[name])
            out.__dict__[name] = wrap(t, b if name in kept else ite(hit, a, b))
        return out

    def _base(self, key: Key) -> Any:
        kind = self.shape.record
        if self.base is None:
            out = object.__new__(kind)
            for name, t in kind.fields().items():
                out.__dict__[name] = wrap(t, apply(f"{self.prefix}{self.shape.name}.{name}", width_of(t), key, names_of(t)))
            return out
        here = [(_inside(low, high, key), record) for low, high, record in self._runs()]
        default = kind.default()
        out = object.__new__(kind)
        for name, t in kind.fields().items():
            usual = field_node(t, default.__dict__[name])
            where: dict[Node, list[Node]] = {}
            for condition, record in here:
                value = field_node(t, record.__dict__[name])
                if value is not usual:
                    where.setdefault(value, []).append(condition)
            found = usual
            for value, conditions in where.items():
                found = ite(disj(conditions), value, found)
            out.__dict__[name] = wrap(t, found)
        return out

    def _runs(self) -> list[tuple[tuple[int, ...], int, Any]]:
        """Return the points of the concrete base, those in a row with one record as one: (first key, last number, record)."""
        root = self
        while root.parent is not None:
            root = root.parent
        if root.runs is None:
            runs: list[tuple[tuple[int, ...], int, Any]] = []
            assert self.base is not None
            for raw, record in sorted(self.base.points.items()):
                if runs:
                    low, high, same = runs[-1]
                    if (*low[:-1], high + 1) == raw and same == record:
                        runs[-1] = (low, high + 1, same)
                        continue
                runs.append((raw, raw[-1], record))
            root.runs = runs
        return root.runs

    def _write(self, key: Any, record: Any) -> SymbolicMap:
        """Return the map with another record at one key, ghosts and all."""
        self.check_key(key)
        if record.__class__ is not self.shape.record:
            raise TypeError(f"{self.shape.name} holds {self.shape.record.__name__}, not {type(record).__name__}")
        record.check()
        parts = key if key.__class__ is tuple else (key,)
        nodes = tuple(word_node(k) for k in parts)
        if Node.current is not None:
            Node.current.reads[self.shape.name, nodes] = None
        return self._next(("set", nodes, record, self._kept(nodes, record)))

    def _kept(self, key: Key, record: Any) -> frozenset[str]:
        """Return the fields that a record does not change at a key: writing back what stands there is no write."""
        old = self.read(key).__dict__
        fields = self.shape.record.fields().items()
        return frozenset(n for n, t in fields if field_node(t, record.__dict__[n]) is field_node(t, old[n]))

    def reset(self, predicate: Callable[..., bool]) -> SymbolicMap:
        """Return the map with the default wherever the predicate holds; the predicate is run once, here and now."""
        hole = f"hole!{depth()}!{self.shape.name}"  # a reset inside a reset's predicate has holes of its own
        keys = tuple(variable(f"{hole}.{i}", t.width, names_of(t)) for i, t in enumerate(self.shape.keys))
        kind = self.shape.record
        fields = tuple(variable(f"{hole}.{n}", width_of(t), names_of(t)) for n, t in kind.fields().items())
        record = object.__new__(kind)
        for (n, t), value in zip(kind.fields().items(), fields, strict=True):
            record.__dict__[n] = wrap(t, value)
        return self._next(("reset", keys, fields, summarise(predicate, *self.typed(keys), record)))

    def items(self) -> Any:
        """Refuse: a symbolic map has no finite list of keys."""
        leak = variable("items", 1)
        leak.leak(f"iteration over {self.shape.name}")

    def __eq__(self, other: object) -> bool:
        """Refuse: two symbolic maps cannot be compared."""
        leak = variable("eq", 1)
        leak.leak(f"comparison of the whole map {self.shape.name}")

    __hash__ = None


def depth() -> int:
    """Return how many functions are being summarised inside one another."""
    n, run = 0, Node.current
    while run is not None:
        n, run = n + 1, run.outer
    return n


def symbolic_record(kind: type[Record], prefix: str) -> Any:
    """Return a record whose fields are unknown."""
    out = object.__new__(kind)
    for name, t in kind.fields().items():
        out.__dict__[name] = wrap(t, variable(f"{prefix}.{name}", width_of(t), names_of(t)))
    return out


def symbolic_state(kind: type[State], prefix: str = "", concrete: State | None = None) -> Any:
    """Return a state that is unknown everywhere, or one equal to a concrete state that may be read with symbolic keys."""
    parts: dict[str, Any] = {}
    for name, shape in kind.shapes().items():
        here = None if concrete is None else getattr(concrete, name)
        if isinstance(shape, MapShape):
            parts[name] = SymbolicMap(shape, prefix, here)
        else:
            parts[name] = symbolic_record(shape, prefix + name) if here is None else here
    return kind(**parts)


def argument(kind: type, name: str) -> Any:
    """Return an arbitrary value of a word type (or of bool)."""
    return wrap(kind, variable(name, width_of(kind), names_of(kind)))
