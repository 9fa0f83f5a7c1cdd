"""Words read as whole numbers: what is true of words stays possible of numbers, and a rule that is wrong shows."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
import z3

from proofs.engine.solvers import encodings, solver
from proofs.engine.solvers.encodings import NUMBERS
from proofs.engine.terms import Node, apply, conj, const, equal, extract, ite, neg, node, variable

WIDTHS = (1, 2, 3, 4, 8, 16, 44, 64)
ALIKE = ("add", "sub", "mul", "and", "or", "xor", "shl", "lshr")
COMPARED = ("ult", "ule", "slt", "sle")
#: Questions that the rules are tried on.
QUESTIONS = 300


class Chance:
    """Random terms, with the values that the variables and functions in them have."""

    def __init__(self, seed: int) -> None:
        """Begin with nothing."""
        self.random = Random(seed)  # noqa: S311 - chance is all that is asked of it
        self.variables: dict[str, int] = {}
        self.tables: dict[tuple[str, tuple[int, ...]], int] = {}

    def number(self, width: int) -> int:
        """Return a number, likely one at an edge."""
        top = (1 << width) - 1
        return self.random.choice((0, 1, top, top - 1, 1 << (width - 1), self.random.randint(0, top))) & top

    def value(self, n: Node) -> int:
        """Return what a term is."""
        return solver.evaluate(n, {}, self.variables, self.tables)

    def leaf(self, width: int) -> Node:
        """Return a constant or a variable."""
        if self.random.random() < 0.3:
            return const(self.number(width), width)
        name = f"{self.random.choice('abc')}{width}"
        self.variables.setdefault(name, self.number(width))
        return variable(name, width)

    def term(self, width: int, depth: int) -> Node:
        """Return a word."""
        if depth == 0:
            return self.leaf(width)
        kind = self.random.choice((*ALIKE, "not", "ite", "app", "extract", "zext", "sext", "concat"))
        if kind in ALIKE or kind == "not":
            operands = [self.term(width, depth - 1) for _ in range(1 if kind == "not" else 2)]
            return operands[0] if all(x.op == "const" for x in operands) else node(Node.build(kind, width, *operands), width)
        if kind == "ite":
            return ite(self.truth(depth - 1), self.term(width, depth - 1), self.term(width, depth - 1))
        if kind == "app":
            return self.applied(width, self.term(self.random.choice(WIDTHS), depth - 1))
        return self.cut_or_joined(kind, width, depth)

    def applied(self, width: int, key: Node) -> Node:
        """Return an unknown function of a word, and choose what it is there."""
        found = apply(f"map.f{key.width}_{width}", width, (key,))
        self.tables.setdefault((found.data, (self.value(key),)), self.number(width))
        return found

    def cut_or_joined(self, kind: str, width: int, depth: int) -> Node:
        """Return a word made of one of another width, or of two."""
        other = self.random.choice([w for w in (*WIDTHS, 128) if (w > width if kind == "extract" else w < width)] or [width])
        if other == width:
            return self.leaf(width)
        part = self.term(other, depth - 1)
        if kind == "extract":
            low = self.random.randint(0, other - width)
            return extract(part, low + width - 1, low)
        if kind == "concat":
            pair = [part, self.term(width - other, depth - 1)]
            return Node.make("concat", width, tuple(self.random.sample(pair, 2)))
        return Node.make(kind, width, (part,))

    def truth(self, depth: int) -> Node:
        """Return a comparison of two words."""
        width = self.random.choice(WIDTHS)
        a, b = self.term(width, depth), self.term(width, depth)
        if self.random.random() < 0.6:
            return equal(a, b if self.random.random() < 0.5 else const(self.value(a), width))
        return Node.make(self.random.choice(COMPARED), 0, (a, b))

    def question(self) -> list[Node]:
        """Return comparisons that are true, of words that have some of them in common; at times it is said what those are."""
        found = [self.truth(self.random.randint(0, 3)) for _ in range(self.random.randint(1, 12))]
        known = self.variables.items() if self.random.random() < 0.5 else ()
        said = [equal(variable(name, int(name[1:])), const(value, int(name[1:]))) for name, value in known]
        return [n if self.value(n) else neg(n) for n in [*found, *said]]


def answer(parts: list[Node], flavour: str = "numbers") -> str:
    """Return what z3 says to a conjunction."""
    session = solver.Session(flavour)
    session.add(parts)
    return session.check(500_000)


def is_wrong() -> bool:
    """Say whether a question that something satisfies is called unsatisfiable when it is read as numbers."""
    encodings.renew()
    try:
        return any(answer(Chance(seed).question()) == "unsat" for seed in range(QUESTIONS))
    finally:
        encodings.renew()


def test_what_words_satisfy_is_not_called_unsatisfiable_of_numbers() -> None:
    """Random questions with an answer are never refused."""
    assert not is_wrong()


def test_the_questions_have_the_answer_that_they_were_made_for() -> None:
    """The twin: read as bits they are satisfiable, as far as the solver gets, and so is the answer itself."""
    for seed in range(20):
        chance = Chance(seed)
        parts = chance.question()
        assert chance.value(conj(parts)) == 1
        assert answer(parts, "smt") in ("sat", "unknown")


def of_one_place(reading: encodings.Reading, name: str, n: Node) -> Any:
    """Take bits cut out at one place for those at any other."""
    return z3.Function(name.partition(":extract")[0], *[reading.sort(a.width) for a in n.args], reading.sort(n.width))


RULES: dict[str, tuple[str, Any]] = {
    "a sum that does not wrap": ("add", lambda _, xs: xs[0] + xs[1]),
    "a difference that does not wrap": ("sub", lambda _, xs: xs[0] - xs[1]),
    "a complement of another width": ("not", lambda n, xs: (1 << n.width) - xs[0]),
    "less or equal for less": ("ult", lambda _, xs: xs[0] <= xs[1]),
    "less for less or equal": ("ule", lambda _, xs: xs[0] < xs[1]),
    "words joined the wrong way round": ("concat", lambda n, xs: xs[0] + xs[1] * (1 << n.args[0].width)),
    "a sign that is forgotten": ("sext", lambda _, xs: xs[0]),
    "signed as unsigned": ("slt", lambda _, xs: xs[0] < xs[1]),
    "a shift that loses nothing": ("shl", lambda _, xs: z3.If(xs[1] == 1, xs[0] * 2, xs[0])),
}


def implied(condition: Any, then: Any) -> list[Any]:
    """Return one fact that holds under a condition."""
    return [z3.Implies(condition, then)]


BOUNDS: dict[str, tuple[str, encodings.Said]] = {
    "and larger than its operands": ("and", lambda _, x, xs: [x >= xs[0]]),
    "and the other where one has all bits but one": ("and", lambda n, x, xs: implied(xs[0] == (1 << n.width) - 2, x == xs[1])),
    "and nothing where one has one bit": ("and", lambda _, x, xs: implied(xs[0] == 1, x == 0)),
    "or smaller than its operands": ("or", lambda _, x, xs: [x <= xs[0]]),
    "or as large as the sum": ("or", lambda _, x, xs: [x == xs[0] + xs[1]]),
    "or the other where one has one bit": ("or", lambda _, x, xs: implied(xs[0] == 1, x == xs[1])),
    "words that differ by one alike": ("xor", lambda _, x, xs: [(xs[0] == xs[1] + 1) == (x == 0)]),
    "one that changes no bit": ("xor", lambda _, x, xs: implied(xs[0] == 1, x == xs[1])),
    "a shift to the right that grows": ("lshr", lambda _, x, xs: [x >= xs[0]]),
    "a shift by one that changes nothing": ("lshr", lambda _, x, xs: implied(xs[1] == 1, x == xs[0])),
    "a shift to the left by one that changes nothing": ("shl", lambda _, x, xs: implied(xs[1] == 1, x == xs[0])),
    "one shifted to nothing": ("shl", lambda _, x, xs: implied(xs[0] == 1, x == 0)),
    "all the bits cut out": ("extract", lambda _, x, xs: [x >= xs[0]]),
    "the whole cut out above": ("extract", lambda n, x, xs: implied(xs[0] < 1 << n.width, x == xs[0])),
}


@pytest.mark.parametrize("fault", RULES)
def test_a_wrong_rule_of_numbers_shows(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same questions find a rule that is not what the operator does."""
    monkeypatch.setitem(NUMBERS.rules, *RULES[fault])
    assert is_wrong()


@pytest.mark.parametrize("fault", BOUNDS)
def test_a_wrong_fact_about_bits_shows(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same questions find a fact that does not hold."""
    operator, said = BOUNDS[fault]
    monkeypatch.setitem(encodings.BOUNDS, operator, (said,))
    assert is_wrong()


def test_taking_one_function_for_another_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bits cut out at two places are two functions; as one they contradict each other."""
    a = variable("a8", 8)
    parts = [equal(a, const(0x12, 8)), equal(extract(a, 3, 0), const(2, 4)), equal(extract(a, 7, 4), const(1, 4))]
    assert answer(parts) == "unknown"
    encodings.renew()
    monkeypatch.setattr(encodings.Reading, "function", of_one_place)
    assert answer(parts) == "unsat"
    encodings.renew()


def test_swapping_the_operands_of_a_shift_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same two words shifted by each other are two numbers; that they are one holds of operators that commute."""
    x, y = variable("x", 8), variable("y", 8)
    shifts = [node(Node.build("shl", 8, *pair), 8) for pair in ((x, y), (y, x))]
    parts = [equal(n, const(value, 8)) for n, value in zip((x, y, *shifts), (1, 3, 8, 6), strict=True)]
    encodings.renew()
    assert answer(parts) == "unknown"
    encodings.renew()
    monkeypatch.setitem(encodings.BOUNDS, "shl", (encodings.commutes,))
    assert answer(parts) == "unsat"
    encodings.renew()


def test_one_name_at_two_widths_is_two_variables() -> None:
    """What is said of one says nothing of the other."""
    assert answer([equal(variable("a", 8), const(1, 8)), equal(variable("a", 16), const(2, 16))]) == "unknown"


def test_sums_and_differences_wrap() -> None:
    """The next number of the last is 0, and only then is it smaller; the number before 0 is the last."""
    x = variable("x", 64)
    after, before = (node(Node.build("add", 64, x, n), 64) for n in (1, (1 << 64) - 1))
    smaller = node(Node.build("ult", 0, after, x), 0)
    assert answer([smaller]) == "unknown"
    assert answer([smaller, neg(equal(x, const((1 << 64) - 1, 64)))]) == "unsat"
    assert answer([equal(x, const(0, 64)), neg(equal(before, const((1 << 64) - 1, 64)))]) == "unsat"


def test_what_only_bits_decide_is_unknown() -> None:
    """A contradiction between bits is one for words alone; of numbers nothing is known, and nothing is called satisfiable."""
    x = variable("x", 8)
    odd = equal(node(Node.build("and", 8, x, 1), 8), const(1, 8))
    parts = [odd, equal(x, const(2, 8))]
    assert (answer(parts, "smt"), answer(parts), answer([odd])) == ("unsat", "unknown", "unknown")


def known(operator: str, said: Any) -> bool:
    """Say whether the numbers that stand for two words and what an operator makes of them satisfy something."""
    x, y = variable("x", 8), variable("y", 8)
    parts = [neg(said(x, y, node(Node.build(operator, 8, x, y), 8)))]
    encodings.renew()
    return answer(parts) == "unsat"


def less(a: Node, b: Node) -> Node:
    """Return that one word is no more than another."""
    return node(Node.build("ule", 0, a, b), 0)


ONES, NONE = const(0xFF, 8), const(0, 8)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("operator", "said"),
    [
        ("and", lambda x, _y, z: less(z, x)),
        ("and", lambda x, y, z: follows(equal(x, ONES), equal(z, y))),
        ("or", lambda x, _y, z: less(x, z)),
        ("or", lambda x, y, z: follows(equal(x, NONE), equal(z, y))),
        ("xor", lambda x, y, z: follows(equal(x, NONE), equal(z, y))),
        ("xor", lambda x, y, z: follows(equal(x, y), equal(z, NONE))),
        ("xor", lambda x, y, z: follows(equal(z, NONE), equal(x, y))),
    ],
)
def test_what_is_known_of_bits_is_told(operator: str, said: Any, turned: bool) -> None:
    """Where words are read as numbers, bounds of bit operators prove what the prover needs, of either operand."""
    assert known(operator, (lambda x, y, z: said(y, x, z)) if turned else said)


def follows(condition: Node, then: Node) -> Node:
    """Return that one thing follows from another."""
    return neg(conj([condition, neg(then)]))
