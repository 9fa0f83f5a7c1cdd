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
from typing import Any

import z3

from proofs.symbolic.terms import Node, unknown

__all__ = ["BITS", "NUMBERS", "Reading", "context", "renew"]

Rule = Callable[[Node, list[Any]], Any]


class Reading:
    """Terms as z3's expressions; shared terms are converted once."""

    def __init__(
        self, word: Callable[[int], Any], rules: dict[str, Rule], said: Callable[[Node, Any, list[Any]], list[Any]]
    ) -> None:
        """Keep what a word of a width is for z3, a rule for each operator, and what is said of a term wherever it occurs."""
        self.word, self.rules, self.said = word, rules, said
        self.memo: dict[int, Any] = {}
        self.facts: dict[int, list[Any]] = {}
        self.functions: dict[str, Any] = {}
        self.sorts: dict[int, Any] = {}

    def forget(self) -> None:
        """Forget all expressions."""
        for kept in (self.memo, self.facts, self.functions, self.sorts):
            kept.clear()

    def of(self, root: Node) -> Any:
        """Return the expression of a term; `facts` then has what is to be asserted of it and of each term in it."""
        memo = self.memo
        for n in unknown(root, memo):
            xs = [memo[a.number] for a in n.args]
            memo[n.number] = self._convert(n, xs)
            facts = self.said(n, memo[n.number], xs)
            if facts:
                self.facts[n.number] = facts
        return memo[root.number]

    def sort(self, width: int) -> Any:
        """Return the sort of a term."""
        if width not in self.sorts:
            self.sorts[width] = self.word(width) if width else z3.BoolSort(context())
        return self.sorts[width]

    def function(self, name: str, n: Node) -> Any:
        """Return the unknown function of that name; operands of other widths make it another one."""
        widths = [*(a.width for a in n.args), n.width]
        name = ":".join([name, *map(str, widths)])
        if name not in self.functions:
            self.functions[name] = z3.Function(name, *map(self.sort, widths))
        return self.functions[name]

    def _convert(self, n: Node, xs: list[Any]) -> Any:
        if n.op == "var":
            return z3.Const(f"{n.data}:{n.width}", self.sort(n.width))
        if n.op == "app":
            return self.function(n.data, n)(*xs)
        rule = self.rules.get(_LOGICAL.get(n.op, n.op) if n.width == 0 else n.op)
        return rule(n, xs) if rule is not None else self.function(f"bits:{n.op}:{n.data}", n)(*xs)


#: Operators that are named alike on words and on truth values.
_LOGICAL = {"const": "truth", "and": "all", "or": "any", "not": "negation"}
#: Where z3 keeps every expression; what it does depends on what there was in it before.
_CONTEXT = [z3.Context()]


def context() -> Any:
    """Return z3's context."""
    return _CONTEXT[0]


def renew() -> None:
    """Forget all expressions, and z3's context with them: what is asked next is answered as in a new process."""
    BITS.forget()
    NUMBERS.forget()
    _CONTEXT[0] = z3.Context()


def _asts(xs: list[Any]) -> Any:
    return (z3.Ast * len(xs))(*[x.ast for x in xs])


def _and(_: Node, xs: list[Any]) -> Any:
    return z3.BoolRef(z3.Z3_mk_and(_CONTEXT[0].ref(), len(xs), _asts(xs)), _CONTEXT[0])


def _or(_: Node, xs: list[Any]) -> Any:
    return z3.BoolRef(z3.Z3_mk_or(_CONTEXT[0].ref(), len(xs), _asts(xs)), _CONTEXT[0])


def _eq(_: Node, xs: list[Any]) -> Any:
    return z3.BoolRef(z3.Z3_mk_eq(_CONTEXT[0].ref(), xs[0].ast, xs[1].ast), _CONTEXT[0])


#: What every reading says of truth values and choices; the commonest go past z3's Python layer, which looks at each sort again.
_LOGIC: dict[str, Rule] = {
    "truth": lambda n, _: z3.BoolVal(bool(n.data), context()),
    "all": _and,
    "any": _or,
    "negation": lambda _, xs: z3.Not(xs[0]),
    "eq": _eq,
    "ite": lambda _, xs: z3.If(*xs),
}
_OF_BITS: dict[str, Rule] = _LOGIC | {
    "const": lambda n, _: z3.BitVecVal(n.data, n.width, context()),
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
    "const": lambda n, _: z3.IntVal(n.data, context()),
    "add": _sum,
    "sub": _difference,
    "not": lambda n, xs: (1 << n.width) - 1 - xs[0],
    "ult": lambda _, xs: xs[0] < xs[1],
    "ule": lambda _, xs: xs[0] <= xs[1],
    "zext": lambda _, xs: xs[0],
    "concat": _joined,
}


def commutes(x: Any, xs: list[Any]) -> list[Any]:
    """Return that the operands may be swapped: they stand in the order in which they were first met."""
    return [x == x.decl()(xs[1], xs[0])]


#: What is said of operators without a rule of numbers, beside the range of the result.
BOUNDS: dict[str, Callable[[Any, list[Any]], list[Any]]] = {
    "and": lambda x, xs: [x <= xs[0], x <= xs[1], *commutes(x, xs)],
    "or": lambda x, xs: [x >= xs[0], x >= xs[1], *commutes(x, xs)],
    "xor": commutes,
    "mul": commutes,
    "lshr": lambda x, xs: [x <= xs[0]],
    "extract": lambda x, xs: [x <= xs[0]],
}


def _range_of(n: Node, x: Any, xs: list[Any]) -> list[Any]:
    """Return the range of a word that is not made of others by a rule that is exact, and what else is known of it."""
    if n.width == 0 or n.op in _OF_NUMBERS:
        return []
    return [x >= 0, x < 1 << n.width, *(BOUNDS[n.op](x, xs) if n.op in BOUNDS else [])]


BITS = Reading(lambda width: z3.BitVecSort(width, context()), _OF_BITS, lambda _n, _x, _xs: [])
NUMBERS = Reading(lambda _: z3.IntSort(context()), _OF_NUMBERS, _range_of)
