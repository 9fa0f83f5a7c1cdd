"""What is known of a value before it is there: the type of a word, record or map, the range of a number, what a name means.

A kind is one of: `bool`, a class of words, records or states, the shape of a map, or one of the classes below.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any

from pymodel.language.state import Map, MapShape, State
from pymodel.language.words import Choice, Word
from pymodel.machine import MachineState

if TYPE_CHECKING:
    from proofs.policies.language.functions.bodies import Body

__all__ = [
    "NEVER",
    "NOTHING",
    "OPAQUE",
    "UNKNOWN",
    "Bound",
    "Callee",
    "Class",
    "Closure",
    "Items",
    "Itself",
    "Kind",
    "Loop",
    "Number",
    "Parent",
    "Text",
    "fits",
    "holds_function",
    "join",
    "kind_of",
    "size",
    "told",
]

Kind = Any


@dataclass(frozen=True)
class Number:
    """A number of the policy's text, from `low` to `high`."""

    low: int
    high: int


@dataclass(frozen=True)
class Text:
    """A text of the policy: the name of a part, or a reason."""

    value: str


@dataclass(frozen=True)
class Items:
    """A tuple."""

    parts: tuple[Kind, ...]


@dataclass(frozen=True)
class Loop:
    """What is gone through once: a range, or tuples joined."""

    parts: tuple[Kind, ...]
    again: bool = False
    """Whether it can be gone through a second time, as a range can."""


@dataclass(frozen=True)
class Class:
    """A class, and no value of it."""

    cls: type


@dataclass(frozen=True)
class Callee:
    """A function of the model, of a helper's file or of the policy; `itself`: a method that is called on the policy."""

    function: FunctionType
    itself: bool = False


@dataclass(frozen=True)
class Closure:
    """A function inside a function, with what it sees."""

    node: ast.FunctionDef | ast.Lambda
    body: Body


@dataclass(frozen=True)
class Bound:
    """A method of a value, or of a class of values."""

    owner: Kind
    name: str


@dataclass(frozen=True)
class Itself:
    """The policy, as `self` names it."""


@dataclass(frozen=True)
class Parent:
    """The policy as the class above the one that speaks, as `super()` names it."""


@dataclass(frozen=True)
class Only:
    """What has one value, or none."""

    what: str


NOTHING, NEVER, UNKNOWN = Only("nothing"), Only("no value: it is refused there"), Only("unknown")
OPAQUE = Only("something that a policy has no use for")


def kind_of(value: Any) -> Kind:
    """Return the kind of a value that is there already."""
    if value is None or isinstance(value, Only):
        return value or NOTHING
    if value.__class__ is int:
        return Number(value, value)
    if value.__class__ is str:
        return Text(value)
    if value.__class__ is tuple:
        return Items(tuple(kind_of(part) for part in value))
    if inspect.isfunction(value):
        return Callee(value)
    return Class(value) if inspect.isclass(value) else value.__class__


def size(kind: Kind) -> int:
    """Return how many values a tuple holds at all depths."""
    return sum(map(size, kind.parts)) if isinstance(kind, Items) else 1


def holds_function(kind: Kind) -> bool:
    """Say whether a function inside a function is among the values; what it comes to depends on more than its arguments."""
    return isinstance(kind, Closure) or (isinstance(kind, Items) and any(map(holds_function, kind.parts)))


def fits(found: Kind, wanted: Kind) -> bool:
    """Say whether a value of one kind may stand where another is asked for: states may have parts more, words are exact.

    `Word` and `Choice` themselves ask for any of theirs, `State` for any state.
    """
    if UNKNOWN in (found, wanted) or found is NEVER or found == wanted:
        return True
    if inspect.isclass(found) and inspect.isclass(wanted):
        if issubclass(wanted, State):
            return issubclass(found, MachineState)  # a state within, such as s.platform, is none
        return issubclass(found, wanted) and wanted in (Word, Choice)
    if (isinstance(found, Number) and isinstance(wanted, Number)) or (isinstance(found, MapShape) and wanted is Map):
        return True
    if isinstance(found, Items) and isinstance(wanted, Items):
        return len(found.parts) == len(wanted.parts) and all(map(fits, found.parts, wanted.parts))
    return False


def join(one: Kind, other: Kind) -> Kind:
    """Return the kind of what is one or the other, or None if there is none."""
    if one == other or other is NEVER or UNKNOWN in (one, other):
        return one if other is not UNKNOWN else UNKNOWN
    if one is NEVER:
        return other
    if isinstance(one, Number) and isinstance(other, Number):
        return Number(min(one.low, other.low), max(one.high, other.high))
    if isinstance(one, Items) and isinstance(other, Items) and len(one.parts) == len(other.parts):
        parts = tuple(map(join, one.parts, other.parts))
        return None if None in parts else Items(parts)
    return None


def told(kind: Kind) -> str:
    """Return what a kind is called in messages."""
    match kind:
        case Number(low, high):
            return f"the number {low}" if low == high else f"a number from {low} to {high}"
        case Text():
            return "a text"
        case Items(parts):
            return f"({', '.join(map(told, parts))})"
        case Loop():
            return "what can be gone through once"
        case Class(cls):
            return f"the class {cls.__name__}"
        case Callee(function):
            return f"the function {function.__name__}"
        case Closure():
            return "a function"
        case Bound(_, name):
            return f"the method {name}"
        case Itself() | Parent():
            return "the policy"
        case MapShape():
            return f"the map {kind.name}"
        case Only(what):
            return what
    if kind is bool:
        return "a truth value"
    return "a state" if issubclass(kind, State) else "a map" if kind is Map else kind.__name__
