"""Terms: named pieces of meaning from which contracts are written, each with an English text.

A term has one meaning: a function of the state before a step, the step's arguments and, where a fact speaks of what the step has
done, the state after it. It is asked of concrete and of symbolic states alike, so it joins facts by the model's own words and
never by Python's. The text is what a report prints of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pymodel.hardware.ids import HOST, HYPERVISOR, NOBODY
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.machine import MachineState

Args = Mapping[str, Any]
#: A meaning: of the state before, the arguments, and the state after (None where nothing has happened).
Meaning = Callable[[MachineState, Args, Any], Any]


@dataclass(frozen=True)
class Term:
    """A text, and what it means."""

    text: str
    meaning: Meaning = field(repr=False)

    def __str__(self) -> str:
        """Return the text."""
        return self.text

    def __call__(self, s: MachineState, args: Args, after: MachineState | None = None) -> Any:
        """Return what the term is, in a state before a step with these arguments (and in the state after it)."""
        return self.meaning(s, args, after)


class Value(Term):
    """A term that is a word, or the key of a map."""


class Fact(Term):
    """A term that is true or false."""


@dataclass(frozen=True)
class Cell(Value):
    """A value that stands in one place of the state: `key` says where, `read` what stands there in a state."""

    key: Value
    read: Callable[[MachineState, Any], Any] = field(repr=False)


@dataclass(frozen=True)
class Flag(Fact):
    """A fact that stands in one place of the state: `key` says where, `read` whether it holds in a state."""

    key: Value
    read: Callable[[MachineState, Any], Any] = field(repr=False)


#: Arguments whose names are no English.
ENGLISH = {
    "to": "the receiver",
    "vm": "the VM",
    "cpu": "the CPU",
    "vcpu": "the virtual CPU",
    "rid": "the function",
    "pf": "the PF",
    "on": "what is asked for",
    "io": "whether it is for devices",
    "mirror": "whether it is a mirror",
    "base": "the base frame",
    "child": "the new table",
    "number": "the number of VFs",
    "start": "the first page",
    "total": "the number of pages",
    "pages": "the number of pages",
}


def arg(name: str) -> Value:
    """An argument of the operation."""
    return Value(ENGLISH.get(name, f"the {name}"), lambda _s, args, _after: args[name])


def named(text: str, word: Any) -> Value:
    """A word, under a name."""
    return Value(text, lambda _s, _args, _after: word)


CALLER = arg("caller")
THE_HOST, THE_HYPERVISOR, NO_ONE = named("the host", HOST), named("the hypervisor", HYPERVISOR), named("nobody", NOBODY)
#: The key of what there is only one of.
ONLY = named("the machine", None)


def nobody() -> Value:
    """The owner of what nobody owns."""
    return NO_ONE


def lifted(thing: Any) -> Term:
    """A term as it is, and a word as the term that is always that word."""
    return thing if isinstance(thing, Term) else named(str(thing), thing)


def value(text: str, meaning: Callable[..., Any], *terms: Term) -> Value:
    """A value that is worked out from the state and some terms."""
    return Value(text, lambda s, args, _after: meaning(s, *(t(s, args) for t in terms)))


def fact(text: str, meaning: Callable[..., bool], *terms: Any) -> Fact:
    """A fact about the state and some terms."""
    given = [lifted(t) for t in terms]
    return Fact(text, lambda s, args, _after: meaning(s, *(t(s, args) for t in given)))


def cell(text: str, read: Callable[[MachineState, Any], Any], key: Value = ONLY) -> Cell:
    """A value that stands in one place of the state."""
    return Cell(text, lambda s, args, _after: read(s, key(s, args)), key, read)


def flag(text: str, read: Callable[[MachineState, Any], bool], key: Value = ONLY) -> Flag:
    """A fact that stands in one place of the state."""
    return Flag(text, lambda s, args, _after: read(s, key(s, args)), key, read)


def pair(*terms: Value) -> Value:
    """Several values together, as the key of a map."""
    return Value(", ".join(map(str, terms)), lambda s, args, _after: tuple(t(s, args) for t in terms))


def plus(number: Value, more: int) -> Value:
    """A number and so many more (or fewer)."""
    sign = "plus" if more >= 0 else "less"
    return value(f"{number} {sign} {abs(more)}", lambda _s, n: n + more if more >= 0 else n - -more, number)


def sum_of(one: Value, other: Value) -> Value:
    """A number and another."""
    return value(f"{one} plus {other}", lambda _s, a, b: a + b, one, other)


def is_so(truth: bool) -> bool:
    """Return a truth value as it is, for a comparison of words whose types the type checker does not know."""
    return truth


# Facts joined


def always(text: str) -> Fact:
    """What is taken to hold in every state, for the reason that the text gives."""
    return Fact(text, lambda _s, _args, _after: True)


ALWAYS = always("always")


def both(*facts: Fact) -> Fact:
    """All of some facts."""
    return Fact("; ".join(map(str, facts)), lambda s, args, after: all_of(*(f(s, args, after) for f in facts)))


def either(*facts: Fact) -> Fact:
    """At least one of some facts."""
    return Fact(" or ".join(f"({f})" for f in facts), lambda s, args, after: any_of(*(f(s, args, after) for f in facts)))


def no(what: Fact) -> Fact:
    """A fact that does not hold."""
    return Fact(f"not ({what})", lambda s, args, after: negate(what(s, args, after)))


def unless(exception: Fact, otherwise: Fact) -> Fact:
    """A fact that holds wherever another does not."""
    return Fact(
        f"{otherwise}, unless {exception}",
        lambda s, args, after: implies(negate(exception(s, args, after)), otherwise(s, args, after)),
    )


def is_true(what: Value) -> Fact:
    """A value that is a truth value is true."""
    return fact(f"{what} is true", lambda _s, truth: is_so(truth), what)


def is_(what: Value, *options: Any) -> Fact:
    """A value is one of some."""
    terms = [lifted(o) for o in options]
    text = f"{what} is {' or '.join(map(str, terms))}"
    return fact(text, lambda _s, found, *wanted: any_of(*(found == w for w in wanted)), what, *terms)


def differs(what: Value, other: Any) -> Fact:
    """A value is another one than that."""
    return fact(f"{what} is not {lifted(other)}", lambda _s, found, unwanted: found != unwanted, what, other)


# What has happened


def becomes(where: Cell | Flag, *wanted: Any) -> Fact:
    """What stands in a place after the step: one of some values as they were before it, or whether a flag is set."""
    options = [lifted(w) for w in wanted]
    text = f"then {where} is {' or '.join(map(str, options))}"
    if wanted[0] is True or wanted[0] is False:
        text = f"then {where}" if wanted[0] else f"then not ({where})"

    def meaning(s: MachineState, args: Args, after: Any) -> bool:
        found = where.read(after, where.key(s, args))
        return any_of(*(found == new(s, args) for new in options))

    return Fact(text, meaning)


def keeps(where: Cell | Flag) -> Fact:
    """What stands in a place stays as it is."""
    return becomes(where, Value(f"as it was ({where})", where.meaning))


def turns(where: Cell, *arrows: tuple[Any, Any]) -> Fact:
    """What stands in a place was one thing and then is another, by one of some pairs."""
    text = f"{where} " + " or ".join(f"stays {a}" if a is b else f"goes from {a} to {b}" for a, b in arrows)

    def meaning(s: MachineState, args: Args, after: Any) -> bool:
        key = where.key(s, args)
        old, new = where.read(s, key), where.read(after, key)
        return any_of(*(all_of(old == a, new == b) for a, b in arrows))

    return Fact(text, meaning)
