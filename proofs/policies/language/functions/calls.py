"""Calls in a policy: what may be called, with what, and what comes of it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from proofs.policies.language.functions.expressions import LONGEST, Expressions
from proofs.policies.language.functions.kinds import (
    NEVER,
    NOTHING,
    UNKNOWN,
    Bound,
    Callee,
    Class,
    Closure,
    Items,
    Itself,
    Kind,
    Loop,
    Number,
    Parent,
    Text,
    fits,
    join,
    told,
)
from proofs.policies.language.functions.values import is_choice, is_record, is_state, is_word, mask, own, sort_of
from proofs.policies.language.table import BUILTINS
from pymodel import surface
from pymodel.language.state import GHOST, MapShape
from pymodel.language.steps import hints_of
from pymodel.language.words import Choice, Word

if TYPE_CHECKING:
    from proofs.policies.language.functions.bodies import Body

__all__ = ["Calls"]


class Calls(Expressions):
    """Finds what calls come to."""

    def of_Call(self, node: ast.Call) -> Kind:
        """A call of a function, of a method, or of a class of words or records."""
        if isinstance(node.func, ast.Name) and node.func.id in BUILTINS and not self.knows(node.func.id):
            return self.builtin(node, node.func.id)
        callee = self.of(node.func)
        if isinstance(callee, Callee) and callee.function in JOINING:
            return self.joined(node)
        named = {k.arg: k.value for k in node.keywords if k.arg is not None}
        if len(named) < len(node.keywords):
            return self.say(node, "`**`: write the arguments by name")
        if callee is UNKNOWN:
            return UNKNOWN
        given = [self.argument(part) for part in node.args]
        by_name = {name: self.argument(part) for name, part in named.items()}
        match callee:
            case Callee(function) if function in SPECIAL:
                return SPECIAL[function](self, node, self.ordered(node, function, given, by_name))
            case Callee():
                return self.called(node, callee, given, by_name)
            case Closure():
                return self.inner(node, callee, given) if not by_name else self.say(node, "a function inside takes no names")
            case Class(cls):
                return self.made(node, cls, given, by_name)
            case Bound():
                return self.method(node, callee, given, by_name)
        return self.say(node, f"{told(callee)} is called: functions and methods are")

    def knows(self, name: str) -> bool:
        """Say whether a name is the policy's own, whatever Python has under it."""
        return name in self.env or name in self.source.names

    def argument(self, node: ast.expr) -> Kind:
        """Return the kind of an argument: a value, a class, or a function."""
        kind = self.of(node)
        if isinstance(kind, Bound | Parent | Loop):
            return self.say(node, f"{told(kind)} as an argument: call it, or give a tuple")
        return kind

    # Functions of the model and of the policy

    def called(self, node: ast.Call, callee: Callee, given: list[Kind], by_name: dict[str, Kind]) -> Kind:
        """Return what a function comes to."""
        function = callee.function
        if callee.itself:
            given = [Itself(), *given]
        names = list(function.__code__.co_varnames[: function.__code__.co_argcount])
        method = names[:1] == ["self"]
        if (given[:1] == [Itself()]) != method or Itself() in [*given[1:], *by_name.values()]:
            why = "the first argument is self" if method else "self is no argument of it: pass what it needs"
            return self.say(node, f"{function.__name__}: {why}")
        kinds = dict(zip(names, given, strict=False)) | by_name
        optional = set(names[len(names) - len(function.__defaults__ or ()) :])
        missing = [n for n in names if n not in kinds and n not in optional]
        clash = [n for n in by_name if n not in names or n in names[: len(given)]]
        if len(given) > len(names) or missing or clash:
            return self.say(node, f"{function.__name__} takes ({', '.join(names[callee.itself :])})")
        if function in MARKS:
            return self.say(node, f"{function.__name__} is called: it stands as @{function.__name__} on a method of a policy")
        self.program.calls(self, function, node)
        if function in self.program.written:
            return self.program.answer(function, tuple(kinds[n] for n in names), cast("Body", self), node)
        return self.by_hints(node, function, kinds)

    def by_hints(self, node: ast.Call, function: Any, kinds: dict[str, Kind]) -> Kind:
        """Check the arguments of a function of the model by its annotations."""
        hints = hints_of(function)
        state = next((k for k in kinds.values() if is_state(k)), UNKNOWN)
        for name, kind in kinds.items():
            wanted = [NOTHING if p is type(None) else p for p in getattr(hints.get(name), "__args__", (hints.get(name),))]
            if kind == Itself() or any(fits(kind, part) for part in wanted):
                continue
            self.say(node, f"{function.__name__}: {name} takes {' or '.join(told(p) for p in wanted)}, not {told(kind)}")
        if self.program.may_refuse(function):
            self.refuses(node)
        return self.program.of_hint(hints.get("return"), state)

    def ordered(self, node: ast.Call, function: Any, given: list[Kind], by_name: dict[str, Kind]) -> list[Kind]:
        """Return arguments in the order in which a function declares them."""
        names = function.__code__.co_varnames[len(given) : function.__code__.co_argcount]
        if set(by_name) - set(names):
            self.say(
                node, f"{function.__name__} takes ({', '.join(function.__code__.co_varnames[: function.__code__.co_argcount])})"
            )
        return [*given, *(by_name[n] for n in names if n in by_name)]

    def inner(self, node: ast.Call, closure: Closure, given: list[Kind]) -> Kind:
        """Return what a function inside a function comes to."""
        raise NotImplementedError

    def joined(self, node: ast.Call) -> Kind:
        """Check all_of(...) and any_of(...): truth values, or `*` before a comprehension or a tuple of them."""
        if node.keywords:
            self.say(node, "all_of and any_of take no names")
        for part in node.args:
            if isinstance(part, ast.Starred):
                loop = part.value if isinstance(part.value, ast.GeneratorExp | ast.ListComp) else None
                kinds = self.comprehended(loop) if loop else self.parts(part, self.of(part.value))
            elif isinstance(part, ast.GeneratorExp | ast.ListComp):
                self.say(part, "a comprehension as one condition: write `*` in front of it")
                continue
            else:
                kinds = (self.value(part),)
            for kind in kinds:
                self.truth(part, kind)
        return bool

    def choose(self, node: ast.Call, given: list[Kind]) -> Kind:
        """Check choose(condition, yes, no): both of one type of word."""
        if len(given) != 3:
            return self.say(node, "choose takes (condition, yes, no)")
        self.truth(node, given[0])
        if UNKNOWN in given:
            return UNKNOWN
        if given[1] != given[2] or not is_word(given[1]):
            return self.say(node, f"choose between {told(given[1])} and {told(given[2])}: it takes two words of one type")
        return given[1]

    def concat(self, node: ast.Call, given: list[Kind]) -> Kind:
        """Check concat(T, high, ..., low): words whose widths make up the width of T."""
        into = self.type_of_word(node, given[0] if given else NOTHING)
        if into is None or UNKNOWN in given:
            return UNKNOWN
        wrong = [k for k in given[1:] if not is_word(k)]
        total = sum(k.width for k in given[1:] if is_word(k))
        if wrong or total != into.width:
            return self.say(node, f"concat joins words, and {total} bits do not make a {into.__name__} ({into.width} bits)")
        return into

    def type_of_word(self, node: ast.AST, kind: Kind) -> type[Word] | None:
        """Return the type of word that an argument names; a choice is none, since it may end up past the last name."""
        if isinstance(kind, Class) and is_word(kind.cls) and kind.cls is not Word and not is_choice(kind.cls):
            return kind.cls
        if kind is not UNKNOWN:
            self.say(node, f"{told(kind)} where a type of word is expected that is no choice")
        return None

    # Making words and records

    def made(self, node: ast.Call, cls: Any, given: list[Kind], by_name: dict[str, Kind]) -> Kind:
        """Return what a class makes: a word of a number, a record of its fields."""
        if is_word(cls) and cls not in (Word, Choice):
            number = given[0] if len(given) == 1 and not by_name else None
            if number is UNKNOWN:
                return cls
            last = len(cls.names) - 1 if is_choice(cls) else mask(cls)
            if not isinstance(number, Number) or not 0 <= number.low <= number.high <= last:
                got = ", ".join(map(told, given)) or "nothing"
                return self.say(
                    node, f"{cls.__name__} is made of a number from 0 to {last:#x}, not of {got}; words convert with .to(...)"
                )
            return cls
        if is_record(cls) and cls.fields():
            fields = list(cls.fields())
            if len(given) > len(fields) or set(fields[: len(given)]) & set(by_name):
                return self.say(node, f"{cls.__name__} takes ({', '.join(fields)})")
            self.check_fields(node, cls, dict(zip(fields, given, strict=False)) | by_name)
            return cls
        if is_state(cls):
            return self.say(node, f"{cls.__name__}: a state is not made from nothing: return s.replace(...) or s.put(...)")
        return self.say(node, f"{cls.__name__} makes nothing here: only words and records are made")

    def check_fields(self, node: ast.AST, cls: Any, given: dict[str, Kind]) -> None:
        """Check what is put into the fields of a record."""
        fields, owners = cls.fields(), cls.owners()
        for name, kind in given.items():
            if name not in fields:
                self.say(node, f"{cls.__name__} has no field {name!r}; it has {', '.join(fields)}")
            elif owners[name] is GHOST:
                self.say(node, f"{cls.__name__}.{name} is a ghost, which the model alone writes: leave it out")
            elif not fits(kind, fields[name]):
                self.say(node, f"{cls.__name__}.{name} takes {told(fields[name])}, not {told(kind)}")

    # Methods of values

    def method(self, node: ast.Call, bound: Bound, given: list[Kind], by_name: dict[str, Kind]) -> Kind:
        """Return what a method of a value comes to."""
        if UNKNOWN in given:
            return self.answer_of(bound)
        if is_word(bound.owner) and bound.name in own(bound.owner):
            function = own(bound.owner)[bound.name]
            names = function.__code__.co_varnames[1 : function.__code__.co_argcount]
            kinds = dict(zip(names, given, strict=False)) | by_name
            if len(given) + len(by_name) != len(names) or set(kinds) != set(names):
                return self.say(node, f".{bound.name} takes ({', '.join(names)})")
            return self.by_hints(node, function, kinds)
        check: Callable[..., Kind] = METHODS[sort_of(bound.owner), bound.name]
        if by_name and bound.name != "replace":
            return self.say(node, f".{bound.name} takes its arguments in order, without names")
        return check(self, node, bound.owner, given, by_name)

    @staticmethod
    def answer_of(bound: Bound) -> Kind:
        """Return what a method comes to whose arguments are not known."""
        return bound.owner if sort_of(bound.owner) in ("record", "state", "map") else UNKNOWN

    def bits(self, node: ast.Call, word: Any, given: list[Kind], _: dict[str, Kind]) -> Kind:
        """Check w.bits(high, low, T)."""
        constant = [k.low for k in given[:2] if isinstance(k, Number) and k.low == k.high]
        into = self.type_of_word(node, given[2]) if len(given) == 3 else None
        if len(constant) < 2 or into is None:
            return self.say(node, ".bits takes (high, low, T): two numbers of the text and a type of word")
        high, low = constant
        if not 0 <= low <= high < word.width:
            return self.say(node, f"bits {high}:{low} of {told(word)}, which has the bits {word.width - 1}:0, highest first")
        if high - low + 1 > into.width:
            return self.say(node, f"bits {high}:{low} of {told(word)} do not fit {into.__name__}")
        return into

    def convert(self, node: ast.Call, _word: Any, given: list[Kind], _: dict[str, Kind]) -> Kind:
        """Check w.to(T)."""
        into = self.type_of_word(node, given[0]) if len(given) == 1 else None
        return into or self.say(node, "it takes (T), a type of word")

    def extend(self, node: ast.Call, word: Any, given: list[Kind], names: dict[str, Kind]) -> Kind:
        """Check w.sext(T)."""
        into = self.convert(node, word, given, names)
        if into is not UNKNOWN and into.width < word.width:
            return self.say(node, f"{told(word)} does not fit {told(into)}")
        return into

    def signed(self, node: ast.Call, word: Any, given: list[Kind], _: dict[str, Kind]) -> Kind:
        """Check a comparison, or an overflow, of two words of one type."""
        if len(given) != 1 or is_choice(word):
            self.say(node, "it takes one word of the same type, which is no choice")
        else:
            self.is_operand(node, word, given[0])
        return bool

    def last(self, node: ast.Call, owner: Class, given: list[Kind], _: dict[str, Kind]) -> Kind:
        """Check T.last()."""
        if given or is_choice(owner.cls) or owner.cls is Word:
            return self.say(node, ".last() is of types of word that are no choices, and takes nothing")
        return owner.cls

    def default(self, node: ast.Call, owner: Class, given: list[Kind], _: dict[str, Kind]) -> Kind:
        """Check R.default()."""
        return self.say(node, ".default() takes nothing") if given else owner.cls

    def changed(self, node: ast.Call, record: Any, given: list[Kind], by_name: dict[str, Kind]) -> Kind:
        """Check r.replace(field=value)."""
        if given:
            self.say(node, ".replace takes fields by name")
        self.check_fields(node, record, by_name)
        return record

    def set_key(self, node: ast.Call, shape: MapShape, given: list[Kind], _: dict[str, Kind]) -> Kind:
        """Check m.set(key, record)."""
        if len(given) != 2:
            return self.say(node, ".set takes (key, record)")
        self.key(node, shape, given[0])
        if not fits(given[1], shape.record):
            self.say(node, f"{shape.name} holds {shape.record.__name__}, not {told(given[1])}")
        return shape

    def reset(self, node: ast.Call, shape: MapShape, given: list[Kind], _: dict[str, Kind]) -> Kind:
        """Check m.reset(predicate): a function of the key and the record that neither refuses nor takes steps."""
        predicate = given[0] if len(given) == 1 else NOTHING
        kinds = [*shape.keys, shape.record]
        if isinstance(predicate, Callee) and predicate.function in self.program.written and not predicate.itself:
            inside = self.inside()
            self.truth(node, cast("Calls", inside).called(node, predicate, list(kinds), {}))
            if inside.refused is not None:
                self.say(inside.refused, PREDICATE)
        elif isinstance(predicate, Closure):
            self.truth(node, self.inner(node, predicate, kinds, pure=True))  # type: ignore[call-arg]
        else:
            self.say(node, ".reset takes a lambda, or a function of the policy, of the key and the record")
        return shape

    def put(self, node: ast.Call, state: Any, given: list[Kind], _: dict[str, Kind]) -> Kind:
        """Check s.put("part", key, record)."""
        if len(given) != 3 or not isinstance(given[0], Text):
            return self.say(node, '.put takes ("part", key, record)')
        shape = self.part(node, state, given[0].value)
        if isinstance(shape, MapShape):
            self.set_key(node, shape, given[1:], {})
        elif shape is not None:
            self.say(node, f"{given[0].value} is one record, and no map: write s.replace({given[0].value}=...)")
        return state

    def part(self, node: ast.Call, state: Any, name: str) -> Any:
        """Return the shape of a part that a policy may write."""
        if name in state.refusals():
            return self.say(node, f"{name} {state.refusals()[name]}") and None
        if name not in state.shapes():
            return self.say(node, f"the state has no part {name!r}{self.instead(state, name)}") and None
        return state.shapes()[name]

    def written(self, node: ast.Call, state: Any, given: list[Kind], by_name: dict[str, Kind]) -> Kind:
        """Check s.replace(part=value)."""
        if given:
            self.say(node, ".replace takes parts by name")
        for name, kind in by_name.items():
            shape = self.part(node, state, name)
            if shape is not None and not fits(kind, shape):
                wanted = f"a map of {shape.record.__name__} that came of it" if isinstance(shape, MapShape) else told(shape)
                self.say(node, f"{name} takes {wanted}, not {told(kind)}")
        return state

    # Builtins

    def builtin(self, node: ast.Call, name: str) -> Kind:
        """Return what one of Python's own functions comes to."""
        if node.keywords:
            return self.say(node, f"{name} takes no names here")
        if name == "super":
            if node.args or self.env.get("self") != Itself():
                return self.say(
                    node, "super takes nothing, and stands in a method itself, where self is not deleted: super().name(...)"
                )
            return Parent()
        given = [self.of(part) for part in node.args]
        if UNKNOWN in given:
            return UNKNOWN
        if name == "range":
            return self.range(node, given)
        if name in ("min", "max"):
            found: Kind = given[0] if given else NOTHING
            for kind in given[1:]:
                found = join(found, kind)
            fine = isinstance(found, Number) or (is_word(found) and not is_choice(found))
            return found if fine and len(given) > 1 else self.say(node, f"{name} takes words of one type, or numbers")
        loops = [self.parts(node, kind) for kind in given]
        if name != "zip" and not (
            len(given) == 1 and (isinstance(given[0], Items) or name == "enumerate" or getattr(given[0], "again", False))
        ):
            return self.say(node, f"{name} takes one tuple")
        if name == "len":
            return Number(len(loops[0]), len(loops[0]))
        if name == "reversed":
            return Loop(loops[0][::-1])
        pairs = zip(*loops, strict=False) if name == "zip" else ((Number(i, i), k) for i, k in enumerate(loops[0]))
        return Loop(tuple(Items(tuple(pair)) for pair in pairs))

    def range(self, node: ast.Call, given: list[Kind]) -> Kind:
        """Check a range: between constants, and not too long."""
        numbers = [k.low for k in given if isinstance(k, Number) and k.low == k.high]
        if len(given) == 3 and given[2] == Number(0, 0):
            return self.say(node, "a range in steps of 0")
        if len(numbers) != len(given) or not 1 <= len(given) <= 3:
            return self.say(node, "range takes constants; to go through what is in a word, use a step with a cursor in the state")
        if len(range(*numbers)) > LONGEST:
            return self.say(node, f"a range of more than {LONGEST} numbers: use a step with a cursor in the state")
        return Loop(tuple(Number(n, n) for n in range(*numbers)), again=True)


PREDICATE = "a predicate that may refuse: it says yes or no, and require(...) stands before it"
#: What marks methods, and is never called otherwise.
MARKS: tuple[Any, ...] = (surface.operation, surface.invariant, surface.assume, surface.excuse, surface.widens)
#: The marks, on a method, of what says something of a state, each as it is written.
STATED = {
    "__invariant__": "@invariant",
    "__assume__": '@assume("reason")',
    "__excuse__": '@excuse("operation", Reason.NAME)',
    "__widens__": '@widens("operation", "part", "field")',
}
#: What joins truth values, and what else has a rule of its own.
JOINING = (surface.all_of, surface.any_of)
SPECIAL: dict[Any, Callable[..., Kind]] = {surface.choose: Calls.choose, surface.concat: Calls.concat}
METHODS: dict[tuple[str, str], Callable[..., Kind]] = {
    ("word", "bits"): Calls.bits,
    ("word", "to"): Calls.convert,
    ("word", "sext"): Calls.extend,
    ("word", "slt"): Calls.signed,
    ("word", "sle"): Calls.signed,
    ("word", "add_overflows"): Calls.signed,
    ("type of word", "last"): Calls.last,
    ("type of record", "default"): Calls.default,
    ("record", "replace"): Calls.changed,
    ("map", "set"): Calls.set_key,
    ("map", "reset"): Calls.reset,
    ("state", "put"): Calls.put,
    ("state", "replace"): Calls.written,
}
_ = NEVER
