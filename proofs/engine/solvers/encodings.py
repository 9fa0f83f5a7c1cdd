"""Readings: how a term is told to z3, as words of bits or as whole numbers.

`BITS` says exactly what a term means. `NUMBERS` reads a word as the whole number that it stands for, between 0 and 2^width.
Comparisons, choices, sums, differences, complements and joined words are said exactly (they are linear); of what else an
operator does to bits only a few facts are said, and that equal operands give equal results. So every way to make a question
true of words makes its reading true of numbers, with each function taken for what it does to words: if the numbers are
unsatisfiable then so are the words. The converse does not hold, so `sat` of numbers says nothing. Much of what is
asked is about who sits below which count, and takes z3 a hundredth of the time when no bits are looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import z3

from proofs.engine.digests import operands
from proofs.engine.substitution import unknown
from proofs.engine.terms import Node

__all__ = ["NUMBERS", "Space", "renew", "shared"]

Rule = Callable[[Node, list[Any]], Any]
Said = Callable[[Node, Any, list[Any]], list[Any]]


class Kind(NamedTuple):
    """How terms are read."""

    word: Callable[[int, Any], Any]
    """The sort of a word of a width, in a context."""
    constant: Callable[[int, int, Any], Any]
    """A number of a width, in a context."""
    rules: dict[str, Rule]
    """How the operators are said."""
    said: Said
    """What is said of a term wherever it occurs."""


class Reading:
    """Terms as z3's expressions in one context; shared terms are converted once."""

    def __init__(self, kind: Kind, context: Any) -> None:
        """Begin with no expression."""
        self.kind, self.context = kind, context
        self.memo: dict[int, Any] = {}
        self.facts: dict[int, list[Any]] = {}
        self.functions: dict[str, Any] = {}
        self.sorts: dict[int, Any] = {}

    def of(self, root: Node) -> Any:
        """Return the expression of a term; `facts` then has what is to be asserted of it and of each term in it."""
        memo = self.memo
        for n in unknown(root, memo, operands):
            xs = [memo[a.number] for a in operands(n)]
            memo[n.number] = self._convert(n, xs)
            facts = self.kind.said(n, memo[n.number], xs)
            if facts:
                self.facts[n.number] = facts
        return memo[root.number]

    def sort(self, width: int) -> Any:
        """Return the sort of a term."""
        if width not in self.sorts:
            self.sorts[width] = self.kind.word(width, self.context) if width else z3.BoolSort(self.context)
        return self.sorts[width]

    def function(self, name: str, n: Node) -> Any:
        """Return the unknown function of that name; operands of other widths make it another one."""
        widths = [*(a.width for a in n.args), n.width]
        name = ":".join([name, *map(str, widths)])
        if name not in self.functions:
            self.functions[name] = z3.Function(name, *map(self.sort, widths))
        return self.functions[name]

    def _convert(self, n: Node, xs: list[Any]) -> Any:
        if n.op == "const":
            return self.kind.constant(n.data, n.width, self.context) if n.width else z3.BoolVal(bool(n.data), self.context)
        if n.op == "var":
            return z3.Const(f"{n.data}:{n.width}", self.sort(n.width))
        if n.op == "app":
            return self.function(n.data, n)(*xs)
        rule = self.kind.rules.get(_LOGICAL.get(n.op, n.op) if n.width == 0 else n.op)
        return rule(n, xs) if rule is not None else self.function(f"bits:{n.op}:{n.data}", n)(*xs)


class Space:
    """A context of z3's, the readings in it, and the units that were spent in it.

    What z3 does depends on what there was in its context before. What is asked in a space of its own is answered alike in
    every process, since terms are told in the order of their digests.
    """

    def __init__(self) -> None:
        """Begin with an empty context."""
        self.context = z3.Context()
        self.bits, self.numbers = Reading(BITS, self.context), Reading(NUMBERS, self.context)
        self.spent = 0


#: Operators that are named alike on words and on truth values.
_LOGICAL = {"and": "all", "or": "any", "not": "negation"}


def _asts(xs: list[Any]) -> Any:
    return (z3.Ast * len(xs))(*[x.ast for x in xs])


def _and(_: Node, xs: list[Any]) -> Any:
    return z3.BoolRef(z3.Z3_mk_and(xs[0].ctx.ref(), len(xs), _asts(xs)), xs[0].ctx)


def _or(_: Node, xs: list[Any]) -> Any:
    return z3.BoolRef(z3.Z3_mk_or(xs[0].ctx.ref(), len(xs), _asts(xs)), xs[0].ctx)


def _eq(_: Node, xs: list[Any]) -> Any:
    return z3.BoolRef(z3.Z3_mk_eq(xs[0].ctx.ref(), xs[0].ast, xs[1].ast), xs[0].ctx)


#: What every reading says of truth values and choices; the commonest go past z3's Python layer, which looks at each sort again.
_LOGIC: dict[str, Rule] = {
    "all": _and,
    "any": _or,
    "negation": lambda _, xs: z3.Not(xs[0]),
    "eq": _eq,
    "ite": lambda _, xs: z3.If(*xs),
}
_OF_BITS: dict[str, Rule] = _LOGIC | {
    "add": lambda _, xs: xs[0] + xs[1],
    "sub": lambda _, xs: xs[0] - xs[1],
    "mul": lambda _, xs: xs[0] * xs[1],
    "and": lambda _, xs: xs[0] & xs[1],
    "or": lambda _, xs: xs[0] | xs[1],
    "xor": lambda _, xs: xs[0] ^ xs[1],
    "not": lambda _, xs: ~xs[0],
    "shl": lambda _, xs: xs[0] << xs[1],
    "lshr": lambda _, xs: z3.LShR(*xs),
    "ult": lambda _, xs: z3.ULT(*xs),
    "ule": lambda _, xs: z3.ULE(*xs),
    "slt": lambda _, xs: xs[0] < xs[1],
    "sle": lambda _, xs: xs[0] <= xs[1],
    "extract": lambda n, xs: z3.Extract(n.data + n.width - 1, n.data, xs[0]),
    "zext": lambda n, xs: z3.ZeroExt(n.width - n.args[0].width, xs[0]),
    "sext": lambda n, xs: z3.SignExt(n.width - n.args[0].width, xs[0]),
    "concat": lambda _, xs: z3.Concat(*xs),
}


def _sum(n: Node, xs: list[Any]) -> Any:
    total = xs[0] + xs[1]
    return z3.If(total < 1 << n.width, total, total - (1 << n.width))


def _difference(n: Node, xs: list[Any]) -> Any:
    left = xs[0] - xs[1]
    return z3.If(left >= 0, left, left + (1 << n.width))


def _joined(n: Node, xs: list[Any]) -> Any:
    total, width = xs[0], n.args[0].width
    for a, x in zip(n.args[1:], xs[1:], strict=True):
        total, width = total * (1 << a.width) + x, width + a.width
    return total


_OF_NUMBERS: dict[str, Rule] = _LOGIC | {
    "add": _sum,
    "sub": _difference,
    "not": lambda n, xs: (1 << n.width) - 1 - xs[0],
    "ult": lambda _, xs: xs[0] < xs[1],
    "ule": lambda _, xs: xs[0] <= xs[1],
    "zext": lambda _, xs: xs[0],
    "concat": _joined,
}


def commutes(_: Node, x: Any, xs: list[Any]) -> list[Any]:
    """Return that the operands may be swapped."""
    return [x == x.decl()(xs[1], xs[0])]


def _and_bounds(n: Node, x: Any, xs: list[Any]) -> list[Any]:
    """Return that what is common is no more than either, and is the other where one has every bit."""
    ones = (1 << n.width) - 1
    return [x <= xs[0], x <= xs[1], *(z3.Implies(a == ones, x == b) for a, b in (xs, xs[::-1]))]


def _or_bounds(_: Node, x: Any, xs: list[Any]) -> list[Any]:
    """Return that both together are no less than either and no more than the sum, so that 0 adds nothing."""
    return [x >= xs[0], x >= xs[1], x <= xs[0] + xs[1]]


def _xor_bounds(_: Node, x: Any, xs: list[Any]) -> list[Any]:
    """Return that only equal words differ in no bit, and that 0 changes none."""
    return [(xs[0] == xs[1]) == (x == 0), *(z3.Implies(a == 0, x == b) for a, b in (xs, xs[::-1]))]


def _shifted(_: Node, x: Any, xs: list[Any]) -> list[Any]:
    """Return that a shift by nothing changes nothing, and that nothing stays nothing."""
    return [z3.Implies(xs[1] == 0, x == xs[0]), z3.Implies(xs[0] == 0, x == 0)]


def _cut(n: Node, x: Any, xs: list[Any]) -> list[Any]:
    """Return that what is cut out is no more than the whole, and is the whole where the other bits are 0."""
    whole = [z3.Implies(xs[0] < 1 << n.width, x == xs[0])] if n.data == 0 else []
    return [x <= xs[0], *whole]


#: What is said of operators without a rule of numbers, beside the range of the result.
BOUNDS: dict[str, tuple[Said, ...]] = {
    "and": (_and_bounds, commutes),
    "or": (_or_bounds, commutes),
    "xor": (_xor_bounds, commutes),
    "mul": (commutes,),
    "shl": (_shifted,),
    "lshr": (_shifted, lambda _n, x, xs: [x <= xs[0]]),
    "extract": (_cut,),
}


def _range_of(n: Node, x: Any, xs: list[Any]) -> list[Any]:
    """Return the range of a word that is not made of others by a rule that is exact, and what else is known of it."""
    if n.width == 0 or n.op == "const" or n.op in _OF_NUMBERS:
        return []
    return [x >= 0, x < 1 << n.width, *(fact for said in BOUNDS.get(n.op, ()) for fact in said(n, x, xs))]


BITS = Kind(z3.BitVecSort, z3.BitVecVal, _OF_BITS, lambda _n, _x, _xs: [])
NUMBERS = Kind(lambda _, context: z3.IntSort(context), lambda value, _, context: z3.IntVal(value, context), _OF_NUMBERS, _range_of)
_SHARED = [Space()]


def shared() -> Space:
    """Return the space of all questions that have none of their own."""
    return _SHARED[0]


def renew() -> None:
    """Forget all expressions, and z3's context with them: what is asked next is answered as in a new process."""
    _SHARED[0] = Space()
