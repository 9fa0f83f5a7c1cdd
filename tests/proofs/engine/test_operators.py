"""Every operator, at every width: on numbers, on terms and in the solver it gives the same."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.engine.maps import truth_node, word_node
from proofs.engine.solvers import solver
from proofs.engine.solvers.solver import evaluate
from proofs.engine.substitution import substitute
from proofs.engine.terms import conj, const, equal, neg, variable
from pymodel.hardware import ids
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.language.words import Word, choose, concat
from tests.proofs.engine.test_engine import Key, Phase, node, raw

TYPES = sorted({t.width: t for t in vars(ids).values() if inspect.isclass(t) and issubclass(t, Word) and t.width}.items())


class Widest(Word, width=2 * max(width for width, _ in TYPES)):
    """Wide enough for any two words side by side."""

    __slots__ = ()


@functools.cache
def double(kind: type[Word]) -> type[Word]:
    """Return a type of word for two of a type."""
    return type("Double", (Word,), {"__slots__": ()}, width=2 * kind.width)


def joined(x: Any, y: Any) -> Any:
    """Return two words side by side."""
    return concat(double(x.__class__), x, y)


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "&": lambda x, y: x & y,
    "|": lambda x, y: x | y,
    "^": lambda x, y: x ^ y,
    "~": lambda x, _: ~x,
    "<<": lambda x, y: x << y,
    ">>": lambda x, y: x >> y,
    "==": lambda x, y: x == y,
    "!=": lambda x, y: x != y,
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "slt": lambda x, y: x.slt(y),
    "sle": lambda x, y: x.sle(y),
    "add_overflows": lambda x, y: x.add_overflows(y),
    "choose": lambda x, y: choose(x < y, x, y),
    "top bit": lambda x, _: x.bits(x.width - 1, x.width - 1, Key),
    "low bits": lambda x, _: x.bits(x.width // 2, 0, Widest),
    "narrowed": lambda x, _: x.to(Phase),
    "widened": lambda x, _: x.to(Widest),
    "sext": lambda x, _: x.sext(Widest),
    "concat": joined,
    "cut out of two": lambda x, y: joined(x, y).bits(x.width, x.width - 1, Phase),
    "compared as two": lambda x, y: joined(x, y) == joined(y, x),
    "compared when widened": lambda x, y: x.to(Widest) == y.to(Widest),
    "compared with a wide number": lambda x, _: x.to(Widest) == Widest.last(),
    "sums of sums": lambda x, y: (x + 1) + (y + 3) - 2 + 1,
    "all_of": lambda x, y: all_of(x <= y, y <= x, x == 1),
    "any_of": lambda x, y: any_of(x < y, y == 1),
    "implies": lambda x, y: implies(x == 1, y < x),
    "negate": lambda x, y: negate(all_of(x == 1, y == 1)),
    "truths agree": lambda x, y: (x == 1) == (y == 1),
    "truths differ": lambda x, y: (x == 1) != (y == 1),
    "truth and": lambda x, y: (x == 1) & (y < x),
    "truth or": lambda x, y: (x == 1) | (y < x),
    "a choice compared": lambda x, y: choose(x < y, x.of(1), x.of(2)) == 1,
    "a choice of truths": lambda x, y: choose(x == y, x, y) == x,
}


@pytest.mark.parametrize("kind", [t for _, t in TYPES], ids=[str(width) for width, _ in TYPES])
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_every_operator_agrees_at_every_width(kind: type[Word], data: st.DataObject) -> None:
    """With either operand known or neither, evaluated or filled in, an operator gives what it gives on numbers."""
    top = (1 << kind.width) - 1
    values = st.one_of(st.integers(0, top), st.integers(0, min(top, 70)), st.integers(max(0, top - 3), top))
    a, b = kind.of(data.draw(values)), kind.of(data.draw(values))
    x, y = kind.of(variable(f"x{kind.width}", kind.width)), kind.of(variable(f"y{kind.width}", kind.width))
    filling = {word_node(x).number: word_node(a), word_node(y).number: word_node(b)}
    for name, operator in OPERATORS.items():
        expected = raw(operator(a, b))
        terms = [node(operator(x, y)), node(operator(x, b)), node(operator(a, y))]
        meant = [evaluate(n, {}, {f"x{kind.width}": a.raw, f"y{kind.width}": b.raw}, {}) for n in terms]
        filled = [evaluate(substitute(n, filling), {}, {}, {}) for n in terms]
        assert (name, meant, filled) == (name, [expected] * 3, [expected] * 3)


@pytest.mark.parametrize("kind", [t for _, t in TYPES], ids=[str(width) for width, _ in TYPES])
def test_the_solver_reads_every_operator_as_the_model_does(kind: type[Word]) -> None:
    """For given operands the solver knows one result of each operator, the concrete one."""
    x, y = kind.of(variable(f"x{kind.width}", kind.width)), kind.of(variable(f"y{kind.width}", kind.width))
    for a, b in [(kind.of((1 << kind.width) - 1), kind.of(2)), (kind.of(1), kind.of(1 << (kind.width - 1)))]:
        results = [(node(operator(x, y)), raw(operator(a, b))) for operator in OPERATORS.values()]
        right = conj([equal(n, const(expected, n.width)) for n, expected in results])
        for answer, part in (("unsat", neg(right)), ("sat", right)):
            session = solver.Session()
            session.add([truth_node(x == a), truth_node(y == b), part])
            assert session.check(solver.RLIMIT) == answer
