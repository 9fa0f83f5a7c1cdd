"""What an expression of a policy comes to: its kind, found from the text alone; what has none is told, with its place."""

from __future__ import annotations

import ast
import builtins
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from proofs.policies.language.functions.kinds import (
    NEVER,
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
    fits,
    join,
    kind_of,
    size,
    told,
)
from proofs.policies.language.functions.values import attribute, is_choice, is_record, is_state, is_word, mask, offered
from proofs.policies.language.table import BUILTINS, NO_NODE, OPERATORS, REFUSED_NAMES

if TYPE_CHECKING:
    from proofs.policies.language.program import Program, Source

from pymodel import surface
from pymodel.language.state import MapShape

__all__ = ["LONGEST", "Expressions"]

#: The longest range, and the largest number that a policy may compute.
LONGEST, LARGEST = 1024, 1 << 256
#: The operators that take truth values.
TRUTHS = next(nodes for what, nodes in OPERATORS.items() if what.startswith("truth values"))
ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


#: How operators are written.
SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.USub: "-",
    ast.UAdd: "+",
    ast.Invert: "~",
    ast.Not: "not",
}


def record_hint(found: Kind, word: Any) -> str:
    """Return the field of a record that may be meant where a word stands."""
    fields = [name for name, kind in found.fields().items() if kind == word] if is_record(found) else []
    return f"; did you mean .{fields[0]}?" if fields else ""


class Expressions:
    """Finds the kinds of expressions in one body; `env` has those of its locals."""

    program: Program
    source: Source
    owner: type | None
    """The class of the policy in which the text stands, if it is a method's."""
    env: dict[str, Kind]
    around: Expressions | None = None
    refused: ast.AST | None = None

    def say(self, node: ast.AST, why: str) -> Kind:
        """Note a finding; nothing is known of what it is about."""
        self.program.say(self.source, node, why)
        return UNKNOWN

    def of(self, node: ast.AST) -> Kind:
        """Return the kind of an expression."""
        self.program.count(self.source, node)
        method = getattr(self, f"of_{type(node).__name__}", None)
        if method is None:
            return self.say(node, NO_NODE.get(type(node), f"`{ast.unparse(node)}`: no part of the language"))
        return method(node)

    def value(self, node: ast.AST) -> Kind:
        """Return the kind of an expression that must be a value, and no function, class or policy."""
        kind = self.of(node)
        if isinstance(kind, Class | Callee | Closure | Bound | Itself | Parent | Loop):
            return self.say(node, f"{told(kind)} where a value is expected")
        return kind

    # Names and constants

    def of_Constant(self, node: ast.Constant) -> Kind:
        """A number, a truth value, a text, or None."""
        if node.value.__class__ is int and node.value >= LARGEST:
            return self.say(node, "a number of more than 256 bits")
        if node.value.__class__ in (int, str, bool) or node.value is None:
            return kind_of(node.value)
        return self.say(node, f"{node.value!r}: the constants are numbers, texts, True, False and None")

    def of_Name(self, node: ast.Name) -> Kind:
        """A local, or a name of the file."""
        scope: Expressions | None = self
        while scope is not None:
            if node.id in scope.env:
                found = scope.env[node.id]
                return (
                    found if found is not None else self.say(node, f"{node.id} may have no value here: some way here leaves it out")
                )
            scope = scope.around
        if node.id in self.source.names and not node.id.startswith("__"):
            return kind_of(self.source.names[node.id])
        if node.id in BUILTINS:
            return self.say(node, f"{node.id}: call it")
        return self.say(node, self.unknown(node.id))

    def unknown(self, name: str) -> str:
        """Return what is said of a name that means nothing here."""
        if name in REFUSED_NAMES:
            return f"{name}: {REFUSED_NAMES[name]}"
        if hasattr(builtins, name):
            return f"{name}: no function of Python that a policy may use"
        if name in surface.__all__:
            return f"{name} means nothing here: write `from pymodel import {name}`"
        if self.owner is not None and name in self.program.members():
            return f"{name} means nothing here: write self.{name}"
        choices = [n for n in surface.__all__ if name in getattr(getattr(surface, n), "names", ())]
        near = [f"{n}.{name}" for n in choices[:1]] or get_close_matches(name, [*self.env, *self.source.names, *BUILTINS], 1)
        return f"{name} means nothing here" + (f"; {near[0]}?" if near else "")

    def of_Tuple(self, node: ast.Tuple) -> Kind:
        """Several values."""
        found = Items(tuple(self.value(part) for part in node.elts))
        return found if size(found) <= LONGEST else self.say(node, f"a tuple of more than {LONGEST} values, at all depths")

    # Attributes and subscripts

    def of_Attribute(self, node: ast.Attribute) -> Kind:
        """A field, a part, a named value, a method."""
        owner = self.of(node.value)
        if owner is UNKNOWN or owner is NEVER:
            return UNKNOWN
        if isinstance(owner, Itself | Parent):
            return self.member(node, owner)
        if isinstance(owner, Class) and self.program.is_policy(owner.cls):
            return self.above(node, owner.cls)
        found = attribute(owner, node.attr)
        if found is None:
            near = get_close_matches(node.attr, offered(owner), 1)
            hint = f"; did you mean .{near[0]}?" if near else self.instead(owner, node.attr)
            return self.say(node, f".{node.attr}: {told(owner)} offers no such thing to a policy{hint}")
        return found

    def instead(self, owner: Kind, name: str) -> str:
        """Return what may be meant by a name that a value does not offer."""
        if is_state(owner) and name in self.program.parts:
            return f"; write State = {getattr(self.program.parts[name][1], 'name', '...')} in the policy"
        if isinstance(owner, Class) and name in surface.__all__:
            return f"; did you mean {name}?"
        return f"; it has {', '.join(offered(owner))}" if isinstance(owner, Class) and is_choice(owner.cls) else ""

    def member(self, node: ast.Attribute, owner: Itself | Parent) -> Kind:
        """Return what the policy has under a name."""
        assert self.owner is not None
        line: list[Any] = list(self.program.policy.__mro__)
        line = line[line.index(self.owner) + 1 :] if isinstance(owner, Parent) else line
        return self.found(node, line)

    def above(self, node: ast.Attribute, cls: type) -> Kind:
        """Return a method of a class above, to be called with `self` first."""
        if self.owner is None or cls not in self.owner.__mro__[1:]:
            return self.say(node, f"{cls.__name__}.{node.attr}: only a class above this one is named so; write self.{node.attr}")
        return self.found(node, list(cls.__mro__), itself=False)

    def found(self, node: ast.Attribute, line: list[Any], *, itself: bool = True) -> Kind:
        """Return what the first of some classes has under a name."""
        member = next((vars(cls)[node.attr] for cls in line if node.attr in vars(cls)), None)
        if node.attr.startswith("__") or member is None:
            near = get_close_matches(node.attr, self.program.members(), 1)
            hint = f"; did you mean .{near[0]}?" if near else ""
            return self.say(node, f".{node.attr}: the policy has no such thing{hint}")
        kind = kind_of(member)
        if isinstance(kind, Class):
            return self.say(node, f".{node.attr}: a state is not made from nothing: return s.replace(...) or s.put(...)")
        if not isinstance(kind, Callee):
            return kind
        if getattr(member, "__step__", "hypervisor") != "hypervisor":
            return self.say(node, f".{node.attr}: a step of the {member.__step__}, which an operation does not take")
        return Callee(kind.function, itself)

    def of_Subscript(self, node: ast.Subscript) -> Kind:
        """A record of a map, or a part of a tuple."""
        owner = self.of(node.value)
        if owner is UNKNOWN:
            return UNKNOWN
        if isinstance(owner, MapShape):
            self.key(node.slice, owner, self.value(node.slice))
            return owner.record
        if isinstance(node.slice, ast.Slice):
            return self.of(node.slice)
        index = self.value(node.slice)
        if isinstance(owner, Items) and isinstance(index, Number) and index.low == index.high:
            if -len(owner.parts) <= index.low < len(owner.parts):
                return owner.parts[index.low]
            return self.say(node, f"a tuple of {len(owner.parts)} has no part {index.low}")
        return self.say(node, f"{told(owner)} takes no [{told(index)}]: only maps take keys, and tuples numbers of the text")

    def key(self, node: ast.AST, shape: MapShape, found: Kind) -> None:
        """Check a key of a map."""
        parts = found.parts if isinstance(found, Items) else (found,)
        if UNKNOWN not in parts and parts != shape.keys:
            wanted, got = (", ".join(map(told, p)) for p in (shape.keys, parts))
            self.say(node, f"{shape.name}[{wanted}] was given a key of type {got}")

    # Operators

    def of_BinOp(self, node: ast.BinOp) -> Kind:
        """Arithmetic on words of one type, on numbers, and `&` and `|` of truth values."""
        left, right = self.value(node.left), self.value(node.right)
        if UNKNOWN in (left, right):
            return UNKNOWN
        if type(node.op) in NO_NODE:
            return self.say(node, NO_NODE[type(node.op)])
        if left is bool and right is bool and isinstance(node.op, TRUTHS):
            return bool
        if isinstance(left, Number) and isinstance(right, Number):
            return self.number(node, left, right)
        if is_choice(left) or is_choice(right):
            return self.say(node, f"arithmetic on {told(left)}: it may lead past the last name; compare, or name the value")
        if is_word(left) and isinstance(node.op, OPERATORS["words"]):
            return left if self.is_operand(node, left, right) else UNKNOWN
        if isinstance(left, Number) and is_word(right):
            return self.say(node, f"{told(left)} in front of {told(right)}: write the word first, or {told(right)}({left.low})")
        has = "there is no such operator on words" if is_word(left) and is_word(right) else "operators take words of one type"
        return self.say(node, f"`{SIGNS.get(type(node.op), '?')}` of {told(left)} and {told(right)}: {has}")

    def is_operand(self, node: ast.AST, word: Any, other: Kind) -> bool:
        """Say whether something may stand beside a word: one of its type, or a number that fits it."""
        if other == word:
            return True
        if isinstance(other, Number):
            if 0 <= other.low <= other.high <= mask(word):
                return True
            self.say(node, f"{told(other)} does not fit {told(word)} ({word.width} bits)")
        elif other is not UNKNOWN:
            how = ": convert with .to(...)" if is_word(other) and not is_choice(word) and not is_choice(other) else ""
            self.say(node, f"{told(word)} mixed with {told(other)}{how}{record_hint(other, word)}")
        return False

    def number(self, node: ast.BinOp, a: Number, b: Number) -> Kind:
        """Compute with numbers of the text."""
        if not isinstance(node.op, OPERATORS["numbers"]):
            return self.say(node, f"`{SIGNS.get(type(node.op), '?')}` of numbers: write the number")
        ends = [(x, y) for x in {a.low, a.high} for y in {b.low, b.high}]
        if not isinstance(node.op, ast.Add | ast.Sub | ast.Mult) and len(ends) > 1:
            return self.say(node, f"`{SIGNS.get(type(node.op), '?')}` of numbers that are not constants: use words")
        if isinstance(node.op, ast.FloorDiv | ast.Mod) and b.low == 0:
            return self.say(node, "division by zero")
        if isinstance(node.op, ast.LShift | ast.RShift) and not 0 <= b.low <= 256:
            return self.say(node, "a shift by more than 256, or by less than nothing")
        found = [COMPUTE[type(node.op)](x, y) for x, y in ends]
        if not -LARGEST < min(found) <= max(found) < LARGEST:
            return self.say(node, "a number of more than 256 bits")
        return Number(min(found), max(found))

    def of_UnaryOp(self, node: ast.UnaryOp) -> Kind:
        """`not` of a truth value, `~` of a word, `-` of a number."""
        operand = self.value(node.operand)
        if operand is UNKNOWN:
            return UNKNOWN
        if isinstance(node.op, ast.Not):
            return self.truth(node.operand, operand)
        if isinstance(node.op, ast.Invert) and is_word(operand) and not is_choice(operand):
            return operand
        if isinstance(node.op, ast.USub) and isinstance(operand, Number):
            return Number(-operand.high, -operand.low)
        return self.say(
            node, f"`{SIGNS[type(node.op)]}` of {told(operand)}: there is `not` of a truth value, `~` of a word, `-` of a number"
        )

    def truth(self, node: ast.AST, kind: Kind) -> Kind:
        """Check what is asked for its truth."""
        if not fits(kind, bool):
            self.say(node, f"{told(kind)} is no truth value: compare it")
        return bool

    def of_BoolOp(self, node: ast.BoolOp) -> Kind:
        """`and` and `or` of truth values."""
        for part in node.values:
            self.truth(part, self.value(part))
        return bool

    def of_IfExp(self, node: ast.IfExp) -> Kind:
        """One value or another, of one kind."""
        self.truth(node.test, self.value(node.test))
        yes, no = self.value(node.body), self.value(node.orelse)
        found = join(yes, no)
        return found if found is not None else self.say(node, f"{told(yes)} in one case and {told(no)} in the other")

    def of_Compare(self, node: ast.Compare) -> Kind:
        """Comparisons of two words, numbers, records or truth values."""
        equal = len(node.ops) > 1 and all(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
        if equal and any(isinstance(p, ast.BinOp) and isinstance(p.op, ast.BitAnd | ast.BitOr) for p in node.comparators):
            return self.say(node, "`&` and `|` bind tighter than comparisons: write parentheses, or all_of(...) and any_of(...)")
        kinds = [self.value(part) for part in (node.left, *node.comparators)]
        for op, left, right in zip(node.ops, kinds, kinds[1:], strict=False):
            if type(op) in NO_NODE:
                self.say(node, NO_NODE[type(op)])
            elif UNKNOWN not in (left, right):
                self.compared(node, op, left, right)
        return bool

    def compared(self, node: ast.Compare, op: ast.cmpop, left: Kind, right: Kind) -> None:
        """Check that two values can be compared."""
        if isinstance(left, Number) and isinstance(right, Number):
            return
        if is_word(left) or is_word(right):
            word, other = (left, right) if is_word(left) else (right, left)
            if (
                self.is_operand(node, word, other)
                and is_choice(word)
                and isinstance(other, Number)
                and other.high >= len(word.names)
            ):
                self.say(node, f"{told(word)} has {len(word.names)} names, and none for {other.high}")
        elif not (left == right and (left is bool or is_record(left))):
            self.say(node, f"{told(left)} compared with {told(right)}: only words, numbers, records and truth values are compared")
        elif isinstance(op, ORDERED):
            self.say(node, f"{told(left)} has no order: compare with == or !=")

    # Loops in expressions, and functions

    def parts(self, node: ast.AST, kind: Kind) -> tuple[Kind, ...]:
        """Return what a loop goes through."""
        if isinstance(kind, Items | Loop):
            if not kind.parts:
                self.say(node, "a loop over nothing: what is in it is never reached")
            return kind.parts
        if kind is not UNKNOWN:
            self.say(node, f"a loop over {told(kind)}: loops go over tuples and constant ranges; else use a step with a cursor")
        return ()

    def comprehended(self, node: ast.GeneratorExp | ast.ListComp) -> tuple[Kind, ...]:
        """Return the kinds that a comprehension yields."""
        if len(node.generators) != 1 or node.generators[0].is_async:
            self.say(node, "a comprehension with several `for`: use one")
            return ()
        (loop,) = node.generators
        found = []
        for part in self.parts(loop.iter, self.of(loop.iter)):
            inside = self.inside()
            inside.bind(loop.target, part)
            for test in loop.ifs:
                inside.truth(test, inside.value(test))
            found.append(inside.value(node.elt))
            if inside.refused is not None:
                self.refuses(inside.refused)
        return tuple(found)

    def inside(self) -> Expressions:
        """Return what finds kinds in a scope within this one."""
        raise NotImplementedError

    def refuses(self, node: ast.AST) -> None:
        """Note that a call may refuse the step."""
        raise NotImplementedError

    def of_GeneratorExp(self, node: ast.GeneratorExp | ast.ListComp) -> Kind:
        """Stands under `*` in all_of and any_of alone."""
        return self.say(node, "a comprehension stands in all_of(*(...)) or any_of(*(...)) alone")

    of_ListComp = of_GeneratorExp

    def of_Lambda(self, node: ast.Lambda) -> Kind:
        """A function inside a function."""
        raise NotImplementedError

    def of_Call(self, node: ast.Call) -> Kind:
        """A call."""
        raise NotImplementedError

    def bind(self, target: ast.expr, kind: Kind) -> None:
        """Give names to a value."""
        raise NotImplementedError


COMPUTE: dict[type[ast.operator], Any] = {
    ast.Add: lambda x, y: x + y,
    ast.Sub: lambda x, y: x - y,
    ast.Mult: lambda x, y: x * y,
    ast.FloorDiv: lambda x, y: x // y,
    ast.Mod: lambda x, y: x % y,
    ast.LShift: lambda x, y: x << y,
    ast.RShift: lambda x, y: x >> y,
    ast.BitAnd: lambda x, y: x & y,
    ast.BitOr: lambda x, y: x | y,
}
