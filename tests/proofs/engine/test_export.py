"""The exported text says what the term says: read by z3's own parser, an operator has the one result that it has on numbers."""

from __future__ import annotations

from typing import Any

import pytest
import z3

from proofs.engine.maps import truth_node
from proofs.engine.solvers.solver import Question, digest, export
from proofs.engine.terms import Node, apply, conj, const, disj, equal, extract, ite, neg, node, variable
from pymodel.language.words import Word
from tests.proofs.engine.test_engine import node as node_of
from tests.proofs.engine.test_engine import raw
from tests.proofs.engine.test_operators import OPERATORS, TYPES


def answer(parts: list[Node]) -> str:
    """Return what z3 says to an exported question."""
    solver = z3.Solver()
    solver.from_string(export(Question(parts)))
    return str(solver.check())


@pytest.mark.parametrize("kind", [t for _, t in TYPES], ids=[str(width) for width, _ in TYPES])
def test_every_operator_is_exported_as_it_is(kind: type[Word]) -> None:
    """For given operands the text has the concrete result, and no other."""
    x, y = kind.of(variable(f"x{kind.width}", kind.width)), kind.of(variable(f"y{kind.width}", kind.width))
    for a, b in [(kind.of((1 << kind.width) - 1), kind.of(2)), (kind.of(1), kind.of(1 << (kind.width - 1)))]:
        given = [truth_node(x == a), truth_node(y == b)]
        results = [(node_of(operator(x, y)), raw(operator(a, b))) for operator in OPERATORS.values()]
        right = conj([equal(n, const(expected, n.width)) for n, expected in results])
        assert (answer([*given, right]), answer([*given, neg(right)])) == ("sat", "unsat")


P, X, Y = variable("p", 0), variable("x", 8), variable("y", 8)
NAME = variable("name", 2, 3)


def applied(key: Any, names: int = 0) -> Node:
    """Return a function of a word."""
    return apply("map.f", 2, (key,), names)


#: Questions, with their answer.
QUESTIONS: dict[str, tuple[list[Node], str]] = {
    "every part counts, the first": ([equal(X, const(1, 8)), equal(X, const(2, 8))], "unsat"),
    "every part counts, a truth value": ([P, disj([neg(P), equal(X, Y)]), neg(equal(X, Y))], "unsat"),
    "what is true": ([const(1, 0)], "sat"),
    "a wider word": ([equal(X, const(0x80, 8)), neg(equal(Node.make("zext", 16, (X,)), const(0x80, 16)))], "unsat"),
    "a truth value is open": ([P, equal(X, const(1, 8))], "sat"),
    "a choice of words": ([P, neg(equal(ite(P, X, Y), X))], "unsat"),
    "a choice of words, the other": ([P, neg(equal(ite(P, X, Y), Y))], "sat"),
    "one of three names": ([equal(NAME, const(3, 2))], "unsat"),
    "the last of three names": ([equal(NAME, const(2, 2))], "sat"),
    "a function of one of three names": ([equal(applied(X, 3), const(3, 2))], "unsat"),
    "a function of equal operands": ([equal(X, Y), neg(equal(applied(X), applied(Y)))], "unsat"),
    "a function of two operands": ([neg(equal(applied(X), applied(Y)))], "sat"),
    "bits of a word": ([equal(X, const(0xA5, 8)), neg(equal(extract(X, 6, 3), const(4, 4)))], "unsat"),
    "other bits of a word": ([equal(X, const(0xA5, 8)), equal(extract(X, 7, 4), const(10, 4))], "sat"),
    "a shared term": ([equal(node(Node.build("add", 8, X, Y), 8), X), neg(equal(Y, const(0, 8)))], "unsat"),
    "a constant alone": ([const(0, 0)], "unsat"),
}


#: The terms above: other tests have terms dropped, and give their numbers to others.
TERMS = dict(Node.table)


@pytest.fixture(autouse=True)
def _own_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the terms of this file be those that there are."""
    monkeypatch.setattr(Node, "table", dict(TERMS))


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_exported_question_has_its_answer(name: str) -> None:
    """What is unsatisfiable is so in the text, and what is not is not."""
    parts, wanted = QUESTIONS[name]
    assert answer(parts) == wanted


def test_an_exported_question_is_known_by_its_text() -> None:
    """The same question has the same text and digest, and another one has others."""
    texts = [export(Question([part])) for part in (P, equal(X, Y), equal(X, Y))]
    assert texts[1] == texts[2] != texts[0]
    assert digest(texts[1]) == digest(texts[2]) != digest(texts[0])
