"""State, records in total maps.

The state of the machine is one record whose fields are maps. A map is total: a key that nobody set reads as the default
record of its type, so "absent" is a value and there is no lookup that fails. A map takes two updates: at one key
(`set`), and at all keys that satisfy a predicate (`reset`), which puts the default there. Everything is frozen; an
update returns a new value and shares the rest.

From the annotations alone come the symbolic state of the prover, the strategies of the fuzzer and the JSON form.

A state is joined from fragments: each chapter declares the parts that it is about, and `MachineState` inherits them all. A record
says whose it is (`class Entry(Record, whose=HARDWARE, by="store_entry")`), and a field of it may say so for itself
(`fresh: Annotated[bool, GHOST]`). `put` and `replace` refuse what is the platform's, the hardware's or a ghost, and what has
commands of its own (`by`): those write with `_with`. A ghost in a record of the hypervisor's follows a rule (`following`), whatever
is written.

Not modelled: iteration over a map inside the model. A step that must look at many keys is a machine with a cursor.

Read next: `pymodel.language.json_form`.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from inspect import get_annotations
from typing import Any, ClassVar, Generic, Self, TypeVar, cast, dataclass_transform

from rpds import HashTrieMap

from pymodel.language.truth import Truth, all_of
from pymodel.language.words import Choice, Word

__all__ = [
    "AUTHORITY",
    "BOOKKEEPING",
    "GHOST",
    "HARDWARE",
    "PLATFORM",
    "POLICY",
    "Map",
    "MapShape",
    "Owner",
    "Record",
    "State",
    "key_types",
    "unfit",
]

K = TypeVar("K")
R = TypeVar("R", bound="Record")


class Owner(Enum):
    """Whose a field of the state is: who may write it, and who may speak of it."""

    PLATFORM = "platform"
    """What the machine is; no step changes it."""
    HARDWARE = "hardware"
    """Memory, caches, requests, faults, invalidations and registers; the hypervisor changes them by commands."""
    AUTHORITY = "authority"
    """What the hypervisor decides and promises speak of: owners, grants, handles, pins, blocks, life, who refers to what, jobs,
    searches; under which grant and job a leaf stands, and since when a flush is owed."""
    BOOKKEEPING = "bookkeeping"
    """What the hypervisor notes for itself: table records, notes on slots, mirror links, who ran last, places of references."""
    GHOST = "ghost"
    """History for the statements: it flows into ghosts alone, and nothing that a step does depends on it."""
    POLICY = "policy"
    """A policy's own."""


def derives_from(root: type, cls: type) -> None:
    """Refuse a class with bases of another kind, whose methods might stand in front of the root's."""
    for base in cls.__mro__:
        if base is not object and not issubclass(base, root):
            raise TypeError(f"{cls.__name__} derives from {base.__name__}, which is no {root.__name__}")


def own_names(cls: type) -> list[str]:
    """Return what a class defines in its body, but for what Python itself notes of each class."""
    return [name for name in cls.__dict__ if not (name.startswith("__") and name.endswith("__"))]


def unfit(kind: type, value: object) -> str:
    """Return why a value is none of a word type's or of a record's, or no truth value; nothing if it is one."""
    if kind is bool:
        return "" if value is True or value is False or value.__class__ is Truth else f"is True or False, not {value!r}"
    if value.__class__ is not kind:
        return f"takes {kind.__name__}, not {type(value).__name__}"
    if isinstance(value, Choice) and not value.is_named():
        return f"takes a {kind.__name__} that has a name; arithmetic may lead past the last"
    return value.unfit_field() if isinstance(value, Record) else ""


PLATFORM, HARDWARE, AUTHORITY = Owner.PLATFORM, Owner.HARDWARE, Owner.AUTHORITY
BOOKKEEPING, GHOST, POLICY = Owner.BOOKKEEPING, Owner.GHOST, Owner.POLICY


@dataclass_transform(frozen_default=True)
class Record:
    """A frozen record of words and truth values, each with a default; subclass with annotated fields."""

    WHOSE: ClassVar[Owner] = POLICY
    BY: ClassVar[str] = ""
    """The commands that alone write it, if it has any."""

    def __init_subclass__(cls, whose: Owner | None = None, by: str = "") -> None:
        """Turn the annotations into fields and note whose they are."""
        super().__init_subclass__()
        derives_from(Record, cls)
        for name in own_names(cls):
            if name.startswith("_") or (hasattr(Record, name) and name != "following"):
                raise TypeError(f"{cls.__name__}.{name}: every record has this; choose another name")
        cls.WHOSE, cls.BY = whose or cls.WHOSE, by or cls.BY
        dataclass(frozen=True, eq=False)(cls)

    @classmethod
    def owners(cls) -> dict[str, Owner]:
        """Return whose each field is, in order."""
        hints = typing.get_type_hints(cls, include_extras=True)
        marks = {name: [m for m in getattr(hints[name], "__metadata__", ()) if isinstance(m, Owner)] for name in cls.fields()}
        return {name: mark[0] if mark else cls.WHOSE for name, mark in marks.items()}

    @classmethod
    def ghosts(cls) -> tuple[str, ...]:
        """Return the ghosts among the fields of a record that is not the hardware's: they follow a rule."""
        if "_ghosts" not in cls.__dict__:
            found = () if cls.WHOSE in (HARDWARE, GHOST) else tuple(n for n, o in cls.owners().items() if o is GHOST)
            cls._ghosts = found  # type: ignore[attr-defined]
        return cast("tuple[str, ...]", cls._ghosts)  # type: ignore[attr-defined]

    def check(self) -> None:
        """Refuse a field of another type than declared, a truth value that is neither, a choice that has no name."""
        why = self.unfit_field()
        if why:
            raise TypeError(why)

    def unfit_field(self) -> str:
        """Return the first field whose value does not fit it, and why; nothing if all fit."""
        for name, kind in self.fields().items():
            why = unfit(kind, self.__dict__[name])
            if why:
                return f"{type(self).__name__}.{name} {why}"
        return ""

    def following(self, before: Self) -> Self:
        """Return this record as it is written over another: its ghosts stay as they were, unless a record has another rule."""
        return self.replace(**{name: before.__dict__[name] for name in self.ghosts()})

    @classmethod
    def fields(cls) -> dict[str, type]:
        """Return the type of each field, in order."""
        if "_fields" not in cls.__dict__:
            hints = typing.get_type_hints(cls)
            names: Any = cls.__dict__.get("__dataclass_fields__", {})
            cls._fields = {name: hints[name] for name in names}  # type: ignore[attr-defined]
        return cast("dict[str, type]", cls._fields)  # type: ignore[attr-defined]

    @classmethod
    def default(cls) -> Self:
        """Return the record in which every field has its default."""
        if "_default" not in cls.__dict__:
            cls._default = cls()  # type: ignore[attr-defined]
        return cast("Self", cls._default)  # type: ignore[attr-defined]

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed; an unknown field or a value of another type is a `TypeError`."""
        fields = self.fields()
        for name, value in changes.items():
            if name not in fields:
                raise TypeError(f"{type(self).__name__} has no field {name!r}")
            kind = fields[name]
            if issubclass(kind, Word) and value.__class__ is not kind:
                raise TypeError(f"{type(self).__name__}.{name} takes {kind.__name__}, not {type(value).__name__}")
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.__dict__.update(changes)
        return copy

    def __eq__(self, other: object) -> bool:
        """Compare field by field."""
        if other.__class__ is not self.__class__:
            raise TypeError(f"{type(self).__name__} compared with {type(other).__name__}")
        mine, theirs = self.__dict__, other.__dict__
        return all_of(*(mine[name] == theirs[name] for name in self.fields()))

    def __hash__(self) -> int:
        """Hash the fields; refuse where one is symbolic."""
        return hash(tuple(self.__dict__[name] for name in self.fields()))


@dataclass(frozen=True)
class MapShape:
    """How a map was declared: its name, the types of its key and its record type."""

    name: str
    keys: tuple[type[Word], ...]
    record: type[Record]


def raw_key(key: Any) -> tuple[Any, ...]:
    """Return the numbers (or terms) of a key."""
    if key.__class__ is tuple:
        return tuple([k._v for k in key])
    return (key._v,)


def check_concrete(raw: tuple[Any, ...]) -> None:
    """Refuse a symbolic key: a concrete map would look for the expression and not for what it stands for."""
    for number in raw:
        if number.__class__ is not int:
            number.leak("a symbolic key of a concrete map")


#: Keys that a map remembers to have been set since the points that it came of.
EDITS = 32


class Map(Generic[K, R]):
    """A total map from a word, or a tuple of words, to a record."""

    __slots__ = ("edits", "made", "origin", "points", "shape")

    def __init__(self, shape: MapShape, points: HashTrieMap[Any, Any] | None = None) -> None:
        """Make a map that is the default everywhere but at `points` (raw key -> record)."""
        self.shape = shape
        self.points: HashTrieMap[Any, Any] = HashTrieMap() if points is None else points
        #: The points that it was made with and those that they came of, and the keys that were set between.
        self.made: HashTrieMap[Any, Any] = self.points
        self.origin: HashTrieMap[Any, Any] = self.points
        self.edits: tuple[tuple[int, ...], ...] = ()

    def check_key(self, key: Any) -> None:
        """Refuse a key of other types than declared."""
        kinds = tuple([p.__class__ for p in key]) if key.__class__ is tuple else (key.__class__,)
        if kinds != self.shape.keys:
            wanted, got = (", ".join(t.__name__ for t in some) for some in (self.shape.keys, kinds))
            raise TypeError(f"{self.shape.name}[{wanted}] was given a key of type {got}")

    def __getitem__(self, key: K) -> R:
        """Read the record at a key."""
        self.check_key(key)
        raw = raw_key(key)
        found: R | None = self.points.get(raw)
        if found is not None:
            return found
        check_concrete(raw)
        return self.shape.record.default()  # type: ignore[return-value]

    def set(self, key: K, record: R) -> Map[K, R]:
        """Return the map with another record at one key; ghosts in it follow their rule."""
        if record.__class__ is self.shape.record and record.ghosts():
            record = record.following(self[key])
        return self._write(key, record)

    def _write(self, key: K, record: R) -> Map[K, R]:
        """Return the map with another record at one key, ghosts and all; for the model and its commands."""
        self.check_key(key)
        if record.__class__ is not self.shape.record:
            raise TypeError(f"{self.shape.name} holds {self.shape.record.__name__}, not {type(record).__name__}")
        record.check()
        raw = raw_key(key)
        check_concrete(raw)
        after: Map[K, R] = Map(self.shape, self.points.insert(raw, record))
        known = self.made is self.points and len(self.edits) < EDITS
        after.origin, after.edits = (self.origin, (*self.edits, raw)) if known else (self.points, (raw,))
        return after

    def may_differ(self, other: Map[K, R]) -> Iterable[tuple[int, ...]]:
        """Return raw keys among which are all those at which another map of this shape differs: few, if one came of the other."""
        if self.made is self.points and other.made is other.points:  # no policy gave either other points
            if self.origin is other.origin:
                return dict.fromkeys((*self.edits, *other.edits))
            if other.origin is self.points:
                return dict.fromkeys(other.edits)
        return dict.fromkeys((*self.points, *other.points))

    def reset(self, predicate: Callable[..., bool]) -> Map[K, R]:
        """Return the map with the default at every key where `predicate(*key, record)` holds."""
        points = self.points
        for raw, record in self.points.items():
            if predicate(*self.key_words(raw), record):
                points = points.remove(raw)
        return Map(self.shape, points)

    def key_words(self, raw: tuple[int, ...]) -> tuple[Word, ...]:
        """Return the typed words of a raw key."""
        return tuple([t.of(v) for t, v in zip(self.shape.keys, raw, strict=True)])

    def items(self) -> Iterator[tuple[tuple[Word, ...], R]]:
        """Iterate over the keys that differ from the default, smallest first; for reports and fuzzers, not for models."""
        default = self.shape.record.default()
        for raw in sorted(self.points):
            record = self.points[raw]
            if record != default:
                yield self.key_words(raw), record

    def __iter__(self) -> Iterator[Any]:
        """Refuse: a step does not loop over a map."""
        raise TypeError(f"{self.shape.name} is a total map and cannot be iterated inside a step; use a cursor")

    def __contains__(self, key: object) -> bool:
        """Refuse: every key is in a total map."""
        raise TypeError(f"every key is in {self.shape.name}; read the record and look at its fields")

    def __eq__(self, other: object) -> bool:
        """Compare as functions."""
        if not isinstance(other, Map):
            raise TypeError("a map compared with something else")
        return list(self.items()) == list(other.items())

    __hash__ = None  # type: ignore[assignment]


def key_types(hint: Any) -> tuple[type[Word], ...]:
    """Return the key types of a `Map[...]` annotation."""
    key = typing.get_args(hint)[0]
    return typing.get_args(key) if typing.get_origin(key) is tuple else (key,)


@dataclass_transform(frozen_default=True)
class State:
    """The state of the machine: parts that are maps, records for registers of which there is one, and states within it.

    A part of a state within it is known by both names: `s.platform.frame`, and "platform.frame" where parts are listed. A policy
    adds parts of its own in a subclass.
    """

    def __init_subclass__(cls) -> None:
        """Refuse a class that has more than new parts: what may be written, and by whom, is the same of every state."""
        super().__init_subclass__()
        derives_from(State, cls)
        for name in own_names(cls):
            raise TypeError(f"{cls.__name__}.{name}: a state has parts alone, each `name: Map[...]` or `name: Record`")
        known = {name for base in cls.__mro__[1:] for name in get_annotations(base)}
        for name in get_annotations(cls):
            if name in known or hasattr(State, name):
                raise TypeError(f"{cls.__name__}.{name}: a state has this already; choose another name")

    @classmethod
    def shapes(cls) -> dict[str, MapShape | type[Record]]:
        """Return what each field is, in order of declaration."""
        if "_shapes" not in cls.__dict__:
            found: dict[str, MapShape | type[Record]] = {}
            for name, hint in cls.parts().items():
                if typing.get_origin(hint) is Map:
                    found[name] = MapShape(name, key_types(hint), typing.get_args(hint)[1])
                elif isinstance(hint, type) and issubclass(hint, Record):
                    found[name] = hint
                elif isinstance(hint, type) and issubclass(hint, State):
                    for inner, shape in hint.shapes().items():
                        full = f"{name}.{inner}"
                        found[full] = MapShape(full, shape.keys, shape.record) if isinstance(shape, MapShape) else shape
                else:
                    raise TypeError(f"{cls.__name__}.{name} must be a Map[...] or a Record, not {hint}")
            cls._shapes = found  # type: ignore[attr-defined]
        return cast("dict[str, MapShape | type[Record]]", cls._shapes)  # type: ignore[attr-defined]

    @classmethod
    def parts(cls) -> dict[str, Any]:
        """Return the annotation of each part, in order of declaration."""
        if "_parts" not in cls.__dict__:
            cls._parts = typing.get_type_hints(cls)  # type: ignore[attr-defined]
        return cast("dict[str, Any]", cls._parts)  # type: ignore[attr-defined]

    @classmethod
    def inner_states(cls) -> dict[str, type[State]]:
        """Return the parts that are states of their own."""
        return {n: hint for n, hint in cls.parts().items() if isinstance(hint, type) and issubclass(hint, State)}

    @classmethod
    def record_of(cls, name: str) -> type[Record]:
        """Return the type of record that a part holds."""
        shape = cls.shapes()[name]
        return shape.record if isinstance(shape, MapShape) else shape

    @classmethod
    def refusals(cls) -> dict[str, str]:
        """Return the parts that `put` and `replace` refuse, each with why and what to use instead."""
        if "_refusals" not in cls.__dict__:
            records = {name: cls.record_of(name) for name in cls.shapes()}
            closed = {n: r for n, r in records.items() if r.BY or r.WHOSE in (PLATFORM, HARDWARE, GHOST)}
            by = {n: f"written by {r.BY} alone" if r.BY else "no step of the hypervisor writes it" for n, r in closed.items()}
            why = {n: f"is the {r.WHOSE.value}'s, and {by[n]}" for n, r in closed.items()}
            cls._refusals = why | dict.fromkeys(cls.inner_states(), "is a state of its own")  # type: ignore[attr-defined]
        return cast("dict[str, str]", cls._refusals)  # type: ignore[attr-defined]

    def __init__(self, **parts: Any) -> None:
        """Make a state with the default wherever nothing is given."""
        for name, shape in self.shapes().items():
            default = Map[Any, Any](shape) if isinstance(shape, MapShape) else shape.default()
            self.__dict__[name] = parts.pop(name, default)
        if parts:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(parts)}")
        for name, kind in self.inner_states().items():
            within = object.__new__(kind)
            within.__dict__.update({inner: self.__dict__[f"{name}.{inner}"] for inner in kind.shapes()})
            self.__dict__[name] = within

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some parts changed; a part that has an owner of another kind is a `TypeError` that names it."""
        for name in changes:
            self._check(name)
        return self._with(**changes)

    def _check(self, name: str) -> None:
        """Refuse a part that is not the hypervisor's or a policy's own."""
        if name in self.refusals():
            raise TypeError(f"{name} {self.refusals()[name]}")

    def _with(self, **changes: Any) -> Self:
        """Return a copy with some parts changed, whosever they are; for the model and its commands."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        known = self.shapes()
        for name, value in changes.items():
            if name not in known:
                raise TypeError(f"{type(self).__name__} has no field {name!r}")
            self._check_part(name, value, known[name])
        copy.__dict__.update(changes)
        return copy

    def _check_part(self, name: str, value: Any, shape: MapShape | type[Record]) -> None:
        """Refuse a part that is not what was declared."""
        if isinstance(shape, MapShape):
            fits = isinstance(value, Map) and value.shape is self.__dict__[name].shape
            why = "" if fits else f"is a map of {shape.record.__name__}, and takes one that came of it"
        else:
            why = unfit(shape, value)
        if why:
            raise TypeError(f"{name}: {why}")

    def put(self, name: str, key: Any, record: Record) -> Self:
        """Return a copy with another record at one key of the map called `name`."""
        self._check(name)
        return self._with(**{name: self.__dict__[name].set(key, record)})

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: a state is frozen."""
        raise AttributeError(f"a state is frozen; use replace({name}=...)")

    def __eq__(self, other: object) -> bool:
        """Compare part by part."""
        if other.__class__ is not self.__class__:
            raise TypeError("a state compared with something else")
        return all(self.__dict__[name] == other.__dict__[name] for name in self.shapes())

    __hash__ = None  # type: ignore[assignment]
