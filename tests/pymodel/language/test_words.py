"""Every operator, on ordinary and on symbolic words, gives the same number."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofs.engine.maps import argument, truth_node, word_node
from proofs.engine.solvers.solver import evaluate
from proofs.engine.substitution import substitute
from proofs.engine.terms import Node
from pymodel.hardware.ids import Frame, Index, Page, Rid, Rights, Ticket
from pymodel.language.words import Word, choose

TYPES = [Rights, Rid, Index, Frame, Page, Ticket]
OPERATORS: dict[str, Any] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "~": lambda a, _: ~a,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "slt": lambda a, b: a.slt(b),
    "sle": lambda a, b: a.sle(b),
    "choose": lambda a, b: choose(a < b, a, b),
    "bits": lambda a, _: a.bits(2, 1, Rights),
    "to": lambda a, _: a.to(Ticket),
    "sext": lambda a, _: a.sext(Ticket),
}


def number(value: Any) -> int:
    """Return what a result stands for when it is concrete."""
    return int(value) if isinstance(value, bool) else int(value.raw)


def node(value: Any) -> Node:
    """Return the term behind a result."""
    return word_node(value) if isinstance(value, Word) else truth_node(value)


@pytest.mark.parametrize("name", OPERATORS)
@given(data=st.data())
def test_operator_agrees_on_numbers_and_on_terms(name: str, data: st.DataObject) -> None:
    """A symbolic result, evaluated or filled in, is the concrete result; near the edges too."""
    kind = data.draw(st.sampled_from(TYPES))
    top = (1 << kind.width) - 1
    values = st.one_of(st.integers(0, top), st.integers(0, min(top, 70)), st.integers(max(0, top - 3), top))
    a, b = data.draw(values), data.draw(values)
    expected = number(OPERATORS[name](kind(a), kind(b)))
    x, y = argument(kind, "test!x"), argument(kind, "test!y")
    term = node(OPERATORS[name](x, y))
    assert evaluate(term, {}, {"test!x": a, "test!y": b}, {}) == expected
    filled = substitute(term, {word_node(x).number: word_node(kind(a)), word_node(y).number: word_node(kind(b))})
    assert evaluate(filled, {}, {}, {}) == expected
