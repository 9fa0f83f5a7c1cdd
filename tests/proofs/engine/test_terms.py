"""What terms are simplified to: equal meanings that are common come out as one object, and constants are worked out.

What a term means is compared in `test_operators.py`; here is its form, on which the engine's speed rests, and what it decides
without a solver.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proofs.engine.substitution import substitute
from proofs.engine.terms import FALSE, TRUE, Node, apply, conj, conjuncts, const, disj, equal, extract, ite, neg, node, variable
from pymodel.language.outcomes import Reason
from pymodel.language.truth import Leak


def build(op: str, width: int, *args: Any) -> Node:
    """Return the term of an operator, as a node even where it is a number."""
    return node(Node.build(op, width, *args), width)


P, Q, R = (variable(name, 0) for name in "pqr")
X, Y, Z = (variable(name, 8) for name in "xyz")
WIDE, OTHER = variable("wide", 16), variable("other", 16)
ZERO, ONE, ONES, FIVE, SEVEN = (const(n, 8) for n in (0, 1, 255, 5, 7))
BOTH, REST = build("concat", 16, X, Y), build("concat", 16, Y, Z)
#: A choice of constants, and one that has none.
CHOICE, OPEN = ite(P, FIVE, ite(Q, SEVEN, X)), ite(P, X, Y)
LONG = X
for _n in range(20):
    LONG = ite(variable(f"c{_n}", 0), const(_n, 8), LONG)

Made = Callable[[], Node]
#: What is built, and what it is.
FORMS: dict[str, tuple[Made, Made]] = {
    "not true": (lambda: neg(TRUE), lambda: FALSE),
    "not false": (lambda: neg(FALSE), lambda: TRUE),
    "not not": (lambda: neg(neg(P)), lambda: P),
    "not not of a word": (lambda: build("not", 8, build("not", 8, X)), lambda: X),
    "not of a truth value, built": (lambda: build("not", 0, P), lambda: neg(P)),
    "and of none": (lambda: conj([]), lambda: TRUE),
    "or of none": (lambda: disj([]), lambda: FALSE),
    "and of one": (lambda: conj([P, TRUE, P]), lambda: P),
    "or of one": (lambda: disj([FALSE, P, P]), lambda: P),
    "and with false": (lambda: conj([P, FALSE, Q]), lambda: FALSE),
    "or with true": (lambda: disj([P, TRUE, Q]), lambda: TRUE),
    "and of a contradiction": (lambda: conj([P, Q, neg(P)]), lambda: FALSE),
    "and of a contradiction, denied first": (lambda: conj([neg(P), Q, P]), lambda: FALSE),
    "or of both": (lambda: disj([neg(P), P]), lambda: TRUE),
    "and in another order": (lambda: conj([Q, P]), lambda: conj([P, Q])),
    "or in another order": (lambda: disj([Q, P]), lambda: disj([P, Q])),
    "and of ands": (lambda: conj([conj([P, Q]), R]), lambda: conj([P, conj([Q, R])])),
    "or of ors": (lambda: disj([disj([P, Q]), R]), lambda: disj([P, disj([Q, R])])),
    "and, built of truth values": (lambda: build("and", 0, P, True, Q), lambda: conj([P, Q])),
    "or, built of truth values": (lambda: build("or", 0, P, False, Q), lambda: disj([P, Q])),
    "equal to itself": (lambda: equal(X, X), lambda: TRUE),
    "equal constants": (lambda: equal(FIVE, const(5, 8)), lambda: TRUE),
    "unequal constants": (lambda: equal(FIVE, SEVEN), lambda: FALSE),
    "equal the other way round": (lambda: equal(Y, X), lambda: equal(X, Y)),
    "equal with a constant the other way round": (lambda: equal(X, FIVE), lambda: equal(FIVE, X)),
    "equal to true": (lambda: equal(P, TRUE), lambda: P),
    "equal to false": (lambda: equal(FALSE, P), lambda: neg(P)),
    "a choice equal to one of its constants": (lambda: equal(CHOICE, FIVE), lambda: disj([P, conj([neg(Q), equal(X, FIVE)])])),
    "a choice equal to another constant": (lambda: equal(CHOICE, SEVEN), lambda: conj([neg(P), disj([Q, equal(X, SEVEN)])])),
    "a choice without constants is not gone into": (
        lambda: equal(OPEN, FIVE),
        lambda: Node.make("eq", 0, (FIVE, OPEN) if FIVE.number < OPEN.number else (OPEN, FIVE)),
    ),
    "a long choice is not gone into": (
        lambda: equal(LONG, FIVE),
        lambda: Node.make("eq", 0, (FIVE, LONG) if FIVE.number < LONG.number else (LONG, FIVE)),
    ),
    "a joined word equal to a constant": (
        lambda: equal(BOTH, const(0x0507, 16)),
        lambda: conj([equal(X, FIVE), equal(Y, SEVEN)]),
    ),
    "joined words equal": (lambda: equal(BOTH, REST), lambda: conj([equal(X, Y), equal(Y, Z)])),
    "a widened word equal to a constant": (lambda: equal(build("zext", 16, X), const(5, 16)), lambda: equal(X, FIVE)),
    "a widened word equal to too much": (lambda: equal(build("zext", 16, X), const(256, 16)), lambda: FALSE),
    "widened words equal": (lambda: equal(build("zext", 16, X), build("zext", 16, Y)), lambda: equal(X, Y)),
    "choice by true": (lambda: ite(TRUE, X, Y), lambda: X),
    "choice by false": (lambda: ite(FALSE, X, Y), lambda: Y),
    "choice of one": (lambda: ite(P, X, X), lambda: X),
    "choice by a denial": (lambda: ite(neg(P), X, Y), lambda: ite(P, Y, X)),
    "choice of true": (lambda: ite(P, TRUE, Q), lambda: disj([P, Q])),
    "choice of false": (lambda: ite(P, FALSE, Q), lambda: conj([neg(P), Q])),
    "choice, else true": (lambda: ite(P, Q, TRUE), lambda: disj([neg(P), Q])),
    "choice, else false": (lambda: ite(P, Q, FALSE), lambda: conj([P, Q])),
    "choice in a choice": (lambda: ite(P, ite(P, X, Y), Z), lambda: ite(P, X, Z)),
    "choice in the rest of a choice": (lambda: ite(P, X, ite(P, Y, Z)), lambda: ite(P, X, Z)),
    "choice that comes to one": (lambda: ite(P, X, ite(P, Y, X)), lambda: X),
    "choice, built of numbers": (lambda: build("ite", 8, P, 5, X), lambda: ite(P, FIVE, X)),
    "sum of constants": (lambda: build("add", 8, FIVE, const(251, 8)), lambda: ZERO),
    "sum with nothing": (lambda: build("add", 8, X, ZERO), lambda: X),
    "nothing with a sum": (lambda: build("add", 8, 0, X), lambda: X),
    "sum of sums": (lambda: build("add", 8, build("add", 8, X, FIVE), SEVEN), lambda: build("add", 8, X, const(12, 8))),
    "sum of sums that carries": (lambda: build("add", 8, build("add", 8, X, FIVE), const(251, 8)), lambda: X),
    "sum the other way round": (lambda: build("add", 8, Y, X), lambda: build("add", 8, X, Y)),
    "product the other way round": (lambda: build("mul", 8, Y, X), lambda: build("mul", 8, X, Y)),
    "and of words the other way round": (lambda: build("and", 8, Y, X), lambda: build("and", 8, X, Y)),
    "or of words the other way round": (lambda: build("or", 8, Y, X), lambda: build("or", 8, X, Y)),
    "xor of words the other way round": (lambda: build("xor", 8, Y, X), lambda: build("xor", 8, X, Y)),
    "difference of one": (lambda: build("sub", 8, X, X), lambda: ZERO),
    "difference from a constant": (lambda: build("sub", 8, X, FIVE), lambda: build("add", 8, X, const(251, 8))),
    "difference from nothing": (lambda: build("sub", 8, X, ZERO), lambda: X),
    "and of one word": (lambda: build("and", 8, X, X), lambda: X),
    "and with all bits": (lambda: build("and", 8, X, ONES), lambda: X),
    "all bits and": (lambda: build("and", 8, ONES, X), lambda: X),
    "and with no bit": (lambda: build("and", 8, X, ZERO), lambda: ZERO),
    "no bit and": (lambda: build("and", 8, ZERO, X), lambda: ZERO),
    "or of one word": (lambda: build("or", 8, X, X), lambda: X),
    "or with no bit": (lambda: build("or", 8, X, ZERO), lambda: X),
    "no bit or": (lambda: build("or", 8, ZERO, X), lambda: X),
    "or with all bits": (lambda: build("or", 8, X, ONES), lambda: ONES),
    "all bits or": (lambda: build("or", 8, ONES, X), lambda: ONES),
    "xor of one word": (lambda: build("xor", 8, X, X), lambda: ZERO),
    "xor with no bit": (lambda: build("xor", 8, X, ZERO), lambda: X),
    "no bit xor": (lambda: build("xor", 8, ZERO, X), lambda: X),
    "shift by nothing": (lambda: build("shl", 8, X, ZERO), lambda: X),
    "shift of nothing": (lambda: build("lshr", 8, ZERO, X), lambda: ZERO),
    "below itself": (lambda: build("ult", 0, X, X), lambda: FALSE),
    "below nothing": (lambda: build("ult", 0, X, ZERO), lambda: FALSE),
    "the last below": (lambda: build("ult", 0, ONES, X), lambda: FALSE),
    "at most itself": (lambda: build("ule", 0, X, X), lambda: TRUE),
    "nothing at most": (lambda: build("ule", 0, ZERO, X), lambda: TRUE),
    "at most the last": (lambda: build("ule", 0, X, ONES), lambda: TRUE),
    "all that is cut out": (lambda: extract(X, 7, 0), lambda: X),
    "cut out of a truth value": (lambda: build("extract", 0, P, 0, 0), lambda: P),
    "cut out of a constant": (lambda: extract(const(0xA5, 8), 7, 4), lambda: const(0xA, 4)),
    "cut out of what is cut out": (lambda: extract(extract(X, 6, 2), 3, 1), lambda: extract(X, 5, 3)),
    "cut out of a widened word": (lambda: extract(build("zext", 16, X), 6, 1), lambda: extract(X, 6, 1)),
    "cut out of what was widened by": (lambda: extract(build("zext", 16, X), 15, 8), lambda: ZERO),
    "the low part of a joined word": (lambda: extract(BOTH, 7, 0), lambda: Y),
    "the high part of a joined word": (lambda: extract(BOTH, 15, 8), lambda: X),
    "bits of a part of a joined word": (lambda: extract(BOTH, 12, 9), lambda: extract(X, 4, 1)),
    "widened to what it is": (lambda: build("zext", 8, X), lambda: X),
    "a constant widened": (lambda: build("zext", 16, FIVE), lambda: const(5, 16)),
    "widened with its sign to what it is": (lambda: build("sext", 8, X), lambda: X),
    "joined with a number": (lambda: build("concat", 16, X, (5, 8)), lambda: build("concat", 16, X, FIVE)),
    "parts of a conjunction": (lambda: conj(list(conjuncts(conj([P, Q])))), lambda: conj([P, Q])),
    "filled in": (lambda: substitute(build("add", 8, X, Y), {X.number: FIVE, Y.number: SEVEN}), lambda: const(12, 8)),
    "filled in where nothing is to be": (lambda: substitute(BOTH, {Z.number: FIVE}), lambda: BOTH),
    "filled in within a function": (lambda: substitute(apply("f", 8, (X,), 3), {X.number: Y}), lambda: apply("f", 8, (Y,), 3)),
    "filled in where bits are cut out": (lambda: substitute(extract(X, 6, 2), {X.number: const(0x54, 8)}), lambda: const(0x15, 5)),
}


#: The terms above: other tests have terms dropped, and give their numbers to others.
TERMS = dict(Node.table)


@pytest.fixture(autouse=True)
def _own_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the terms of this file be those that there are."""
    monkeypatch.setattr(Node, "table", dict(TERMS))


@pytest.mark.parametrize("name", FORMS)
def test_a_term_has_its_simplest_form(name: str) -> None:
    """What is built is the very object that it comes to."""
    built, wanted = FORMS[name]
    assert built() is wanted()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda: neg(P), lambda: neg(Q)),
        (lambda: conj([P, Q]), lambda: disj([P, Q])),
        (lambda: build("sub", 8, X, Y), lambda: build("sub", 8, Y, X)),
        (lambda: build("shl", 8, X, Y), lambda: build("shl", 8, Y, X)),
        (lambda: build("ult", 0, X, Y), lambda: build("ule", 0, X, Y)),
        (lambda: extract(WIDE, 8, 1), lambda: extract(WIDE, 7, 0)),
        (lambda: extract(WIDE, 12, 5), lambda: extract(WIDE, 11, 4)),
        (lambda: build("zext", 16, X), lambda: build("sext", 16, X)),
        (lambda: variable("x", 8), lambda: variable("x", 8, 3)),
        (lambda: variable("x", 8, 2), lambda: variable("x", 8, 3)),
        (lambda: variable("x", 8), lambda: variable("x", 7)),
        (lambda: apply("f", 8, (X,)), lambda: apply("f", 8, (Y,))),
        (lambda: apply("f", 8, (X,)), lambda: apply("f", 8, (X,), 3)),
        (lambda: apply("f", 8, (X,)), lambda: apply("g", 8, (X,))),
        (lambda: build("concat", 16, X, Y), lambda: build("concat", 16, Y, X)),
        (lambda: extract(BOTH, 8, 1), lambda: extract(REST, 8, 1)),
    ],
)
def test_terms_that_differ_are_two_objects(one: Made, other: Made) -> None:
    """What may mean another thing is another object."""
    assert one() is not other()


@pytest.mark.parametrize(
    ("term", "below"),
    [
        (lambda: const(2, 2), {3: True, 2: False}),
        (lambda: variable("n", 2, 3), {3: True, 2: False, 4: True}),
        (lambda: variable("m", 2), {3: False, 4: False}),
        (lambda: apply("f", 2, (X,), 3), {3: True, 2: False}),
        (lambda: ite(P, const(2, 2), variable("n", 2, 3)), {3: True, 2: False}),
        (lambda: ite(P, const(1, 2), ite(Q, const(0, 2), const(3, 2))), {3: False, 4: True}),
        (lambda: ite(P, variable("m", 2), const(1, 2)), {3: False}),
        (lambda: build("and", 2, variable("n", 2, 3), variable("k", 2, 3)), {3: False}),
    ],
)
def test_what_is_known_of_names_is_that_they_are_few(term: Made, below: dict[int, bool]) -> None:
    """A term is below a count only if all that it may come to is."""
    assert {count: term().is_below(count) for count in below} == below


def test_a_term_is_asked_in_a_run_alone() -> None:
    """Outside one there is nobody to answer, and nobody who would note a guard."""
    with pytest.raises(Leak, match="outside a run"):
        P.decide()
    with pytest.raises(Leak, match="outside a run"):
        P.require(Reason.POLICY)
    with pytest.raises(Leak, match="looked at"):
        X.leak("looked at")
