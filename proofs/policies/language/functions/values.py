"""What values offer: the kinds of their fields, parts and properties, and their methods, as `table.VALUES` declares them."""

from __future__ import annotations

import inspect
from functools import cache
from types import FunctionType
from typing import Any

from proofs.policies.language.functions.kinds import Bound, Class, Kind, Number
from proofs.policies.language.table import VALUES
from pymodel.language.state import MapShape, Record, State
from pymodel.language.steps import hints_of
from pymodel.language.words import Choice, Word

__all__ = ["attribute", "is_choice", "is_record", "is_state", "is_word", "mask", "offered", "sort_of"]


def is_word(kind: Kind) -> bool:
    """Say whether something is a word."""
    return inspect.isclass(kind) and issubclass(kind, Word)


def is_choice(kind: Kind) -> bool:
    """Say whether something is a choice."""
    return inspect.isclass(kind) and issubclass(kind, Choice)


def is_record(kind: Kind) -> bool:
    """Say whether something is a record."""
    return inspect.isclass(kind) and issubclass(kind, Record)


def is_state(kind: Kind) -> bool:
    """Say whether something is a state."""
    return inspect.isclass(kind) and issubclass(kind, State)


def mask(word: type[Word]) -> int:
    """Return the largest number that fits a type of word."""
    return (1 << word.width) - 1


def sort_of(kind: Kind) -> str:
    """Return under which heading of the table a value stands."""
    if isinstance(kind, Class):
        return "type of word" if is_word(kind.cls) else "type of record" if is_record(kind.cls) else ""
    if isinstance(kind, MapShape):
        return "map"
    return "word" if is_word(kind) else "record" if is_record(kind) else "state" if is_state(kind) else ""


def methods(kind: Kind) -> set[str]:
    """Return the methods that the table has for a value."""
    return {row.name for row in VALUES if row.of == sort_of(kind)}


@cache
def own(word: type[Word]) -> dict[str, Any]:
    """Return what a type of the model's words has of its own: methods and properties, as the class above all words has none."""
    found = {n: m for cls in reversed(word.__mro__) if cls not in (Word, Choice, object) for n, m in vars(cls).items()}
    return {n: m for n, m in found.items() if not n.startswith("_") and isinstance(m, FunctionType | property)}


def attribute(owner: Kind, name: str) -> Kind | None:
    """Return the kind of an attribute that a value offers, or None."""
    if is_state(owner):
        shape = owner.shapes().get(name) or owner.inner_states().get(name)
        return shape if shape is not None else _method(owner, name)
    if is_record(owner):
        return owner.fields().get(name) or _method(owner, name)
    if is_word(owner):
        if name == "width":
            return Number(owner.width, owner.width)
        member = own(owner).get(name)
        if isinstance(member, property):
            return hints_of(member.fget)["return"] if member.fget else None
        return Bound(owner, name) if member else _method(owner, name)
    if isinstance(owner, Class) and is_word(owner.cls) and name == "width":
        return Number(owner.cls.width, owner.cls.width)  # type: ignore[attr-defined]
    if isinstance(owner, Class) and is_choice(owner.cls):
        return owner.cls if name in owner.cls.names else None  # type: ignore[attr-defined]
    return _method(owner, name)


def _method(owner: Kind, name: str) -> Kind | None:
    return Bound(owner, name) if name in methods(owner) else None


def offered(owner: Kind) -> list[str]:
    """Return the names of all that a value offers."""
    found = methods(owner)
    if is_state(owner):
        found |= {*owner.shapes(), *owner.inner_states()}
    elif is_record(owner):
        found |= set(owner.fields())
    elif is_word(owner):
        found |= set(own(owner))
    elif isinstance(owner, Class) and is_choice(owner.cls):
        found = set(owner.cls.names)  # type: ignore[attr-defined]
    return sorted(found)
