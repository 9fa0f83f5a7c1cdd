"""Digests of terms, values, paths and types: what is another thing has another one, and what is the same has the same.

Each row has things that differ in just one respect; a respect that no digest looks at would let a proof be taken for another's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

from proofs.engine import digests
from proofs.engine.decisions import Decision, decisions, under_contracts
from proofs.engine.induction import Induction, Limits
from proofs.engine.keys import key, questions
from proofs.engine.maps import SymbolicMap, argument, symbolic_state
from proofs.engine.paths import Path
from proofs.engine.terms import TRUE, Node, apply, conj, const, equal, extract, ite, neg, node, variable
from proofs.statements import Kind, describe
from pymodel.language.outcomes import Reason
from pymodel.language.state import Map, MapShape, Record, State
from pymodel.language.steps import decision, operation, steps_of
from pymodel.language.truth import implies
from pymodel.language.words import Choice, Member, Word

P, Q = variable("p", 0), variable("q", 0)
X, Y, WIDE = variable("x", 8), variable("y", 8), variable("w", 16)


def build(op: str, *args: Any, width: int = 8) -> Node:
    """Return the term of an operator."""
    return node(Node.build(op, width, *args), width)


class Spot(Word, width=8):
    """A key."""

    __slots__ = ()


class Size(Word, width=8):
    """A number."""

    __slots__ = ()


class Item(Record):
    """What stands at a key."""

    n: Size = Size(0)
    on: bool = False


class Items(State):
    """Two maps and a record."""

    one: Map[Spot, Item]
    other: Map[Spot, Item]
    head: Item


S = symbolic_state(Items)
A, B, N = argument(Spot, "a"), argument(Spot, "b"), argument(Size, "n")
ITEM = Item(Size(1), on=True)


def choice(*names: str) -> type:
    """Return a list of names."""
    return type("Names", (Choice,), {name: Member() for name in names})


def record(title: str, **fields: tuple[type, Any]) -> type[Record]:
    """Return a type of record."""
    kinds = {"__annotations__": {n: t for n, (t, _) in fields.items()}}
    return type(title, (Record,), kinds | {n: default for n, (_, default) in fields.items()})


def states(**parts: Any) -> type[State]:
    """Return a type of state."""
    return type("Made", (State,), {"__annotations__": parts})


def word(title: str, width: int) -> type[Word]:
    """Return a type of word."""
    return type(title, (Word,), {"__slots__": ()}, width=width)


def path(condition: Node = P, outcome: str = "ok", value: Any = S, reads: Any = (), refusals: Any = ()) -> Path:
    """Return a path."""
    return Path(condition, outcome, value, dict.fromkeys(reads), list(refusals))


def the(made: Callable[[Any], bytes], *things: Any) -> list[Callable[[], bytes]]:
    """Return the digests of some things, still to be made."""
    return [functools.partial(made, thing) for thing in things]


#: For records that are made here, which a type checker takes for no types.
ANY_MAP: Any = Map
READ, ELSEWHERE = ("one", (X,)), ("one", (Y,))
DIFFERENT: dict[str, list[Callable[[], bytes]]] = {
    "operators": the(digests.of_term, *(build(op, X, Y) for op in ("add", "sub", "mul", "and", "or", "xor", "shl", "lshr"))),
    "comparisons": the(digests.of_term, *(build(op, X, Y, width=0) for op in ("ult", "ule", "slt", "sle")), equal(X, Y)),
    "the order of operands": the(digests.of_term, build("sub", X, Y), build("sub", Y, X)),
    "the order of a comparison": the(digests.of_term, build("ult", X, Y, width=0), build("ult", Y, X, width=0)),
    "joined in another order": the(digests.of_term, build("concat", X, Y, width=16), build("concat", Y, X, width=16)),
    "constants": the(digests.of_term, const(1, 8), const(2, 8), const(1, 9)),
    "variables": the(digests.of_term, X, Y, variable("x", 9), apply("x", 8, ()), const(0, 8)),
    "functions": the(digests.of_term, apply("f", 8, (X,)), apply("g", 8, (X,)), apply("f", 8, (Y,)), apply("f", 9, (X,))),
    "bits": the(digests.of_term, extract(WIDE, 7, 0), extract(WIDE, 8, 1), extract(WIDE, 8, 0)),
    "widened": the(digests.of_term, build("zext", X, width=16), build("sext", X, width=16), build("zext", X, width=17)),
    "truth values": the(digests.of_term, P, neg(P), conj([P, Q]), ite(P, X, Y), ite(Q, X, Y), ite(P, Y, X)),
    "words": the(digests.of_value, A, B, Spot(1), Spot(2)),
    "truths": the(digests.of_value, True, False, A == 1, A == 2),
    "reasons": the(digests.of_value, Reason.POLICY, Reason.RIGHTS),
    "records": the(digests.of_value, ITEM, Item(Size(2), on=True), Item(Size(1), on=False), S.head),
    "records of other types": the(digests.of_value, ITEM, record("Other", n=(Size, Size(1)), on=(bool, True)).default()),
    "states": the(
        digests.of_value,
        S,
        S.put("one", A, ITEM),
        S.put("one", B, ITEM),
        S.put("one", A, Item(N, on=True)),
        S.put("other", A, ITEM),
        S.put("one", A, ITEM).put("one", B, ITEM),
        S.put("one", B, ITEM).put("one", A, ITEM),
        S.replace(head=ITEM),
        S.replace(one=S.one.reset(lambda k, _r: k == A)),
        S.replace(one=S.one.reset(lambda k, _r: k == B)),
        S.replace(one=S.one.reset(lambda _k, r: r.on)),
        S.replace(other=S.other.reset(lambda k, _r: k == A)),
    ),
    "maps": the(
        digests.of_value,
        S.one,
        S.other,
        SymbolicMap(Items.shapes()["one"], "before"),  # type: ignore[arg-type]
        S.one.reset(lambda k, _r: k == A),
    ),
    "paths": the(
        digests.of_path,
        path(),
        path(Q),
        path(outcome="error"),
        path(outcome="error", value=ValueError("one")),
        path(outcome="error", value=ValueError("other")),
        path(outcome="impossible", value=None),
        path(value=S.put("one", A, ITEM)),
        path(reads=[READ]),
        path(reads=[ELSEWHERE]),
        path(reads=[READ, ELSEWHERE]),
        path(reads=[("other", (X,))]),
        path(refusals=[(Q, Reason.POLICY)]),
        path(refusals=[(P, Reason.POLICY)]),
        path(refusals=[(Q, Reason.RIGHTS)]),
        path(refusals=[(Q, Reason.POLICY), (P, Reason.POLICY)]),
    ),
    "types": the(
        digests.of_type,
        bool,
        word("One", 8),
        word("Two", 8),
        word("One", 9),
        choice("A", "B"),
        choice("A", "C"),
        choice("A", "B", "C"),
        record("R", n=(Size, Size(0))),
        record("Q", n=(Size, Size(0))),
        record("R", m=(Size, Size(0))),
        record("R", n=(Spot, Spot(0))),
        record("R", n=(Size, Size(1))),
        record("R", n=(Size, Size(0)), on=(bool, False)),
        record("R", n=(Size, Size(0)), on=(bool, True)),
    ),
    "names with types": the(
        digests.of_types, {}, {"a": Spot}, {"b": Spot}, {"a": Size}, {"a": Spot, "b": Spot}, {"a": Spot, "b": Size}
    ),
    "kinds of states": the(
        digests.of_state,
        states(one=Map[Spot, Item]),
        states(two=Map[Spot, Item]),
        states(one=Map[Size, Item]),
        states(one=Map[tuple[Spot, Spot], Item]),
        states(one=Map[tuple[Spot, Size], Item]),
        states(one=ANY_MAP[Spot, record("Item", n=(Size, Size(1)), on=(bool, False))]),
        states(one=Item),
        states(one=record("Item", n=(Size, Size(1)), on=(bool, False))),
        states(two=Item),
        states(one=Map[Spot, Item], two=Item),
    ),
    "joined parts": [lambda parts=parts: key.joined(*parts).encode() for parts in (("ab",), ("a", "b"), ("b", "a"), ("a",), ())],  # type: ignore[misc]
}
SAME: dict[str, list[Callable[[], bytes]]] = {
    "operands in another order": the(digests.of_term, Node.make("and", 8, (X, Y)), Node.make("and", 8, (Y, X))),
    "equal in another order": the(digests.of_term, Node.make("eq", 0, (X, Y)), Node.make("eq", 0, (Y, X))),
    "words": the(digests.of_value, Spot(1), Size(1)),
    "states": the(digests.of_value, S.put("one", A, ITEM), symbolic_state(Items).put("one", argument(Spot, "a"), ITEM)),
    "types": the(digests.of_type, record("R", n=(Size, Size(0))), record("R", n=(Size, Size(0)))),
    "text and bytes": [lambda: key.joined("a").encode(), lambda: key.joined(b"a").encode()],
}


#: The terms above: other tests have terms dropped, and give their numbers to others.
TERMS = dict(Node.table)


@pytest.fixture
def _own_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the terms of this file be those that there are."""
    monkeypatch.setattr(Node, "table", dict(TERMS))
    monkeypatch.setattr(digests, "_MEMO", {})


@pytest.mark.usefixtures("_own_terms")
@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_has_another_digest(name: str) -> None:
    """Of some things that differ in one respect no two have one digest."""
    found = [make() for make in DIFFERENT[name]]
    assert not [(one, two) for one, two in combinations(range(len(found)), 2) if found[one] == found[two]]


@pytest.mark.usefixtures("_own_terms")
@pytest.mark.parametrize("name", SAME)
def test_what_is_the_same_has_the_same_digest(name: str) -> None:
    """In whatever order it was made."""
    assert len({make() for make in SAME[name]}) == 1


@pytest.mark.usefixtures("_own_terms")
def test_operands_stand_in_the_order_of_their_digests() -> None:
    """Where an operator's operands may be swapped, and only there."""
    assert digests.operands(Node.make("add", 8, (X, Y))) == digests.operands(Node.make("add", 8, (Y, X)))
    assert list(digests.operands(build("sub", Y, X))) == [Y, X]
    assert list(digests.operands(build("sub", X, Y))) == [X, Y]


# Keys: each formula of a question is in it


def is_small(s: Items, a: Spot) -> bool:
    """Say that what is on is small."""
    return implies(s.one[a].on, s.one[a].n <= 9)


def is_smaller(s: Items, a: Spot) -> bool:
    """Say that what is on is smaller."""
    return implies(s.one[a].on, s.one[a].n <= 8)


def stays(s: Items, name: str, args: dict[str, Any], after: Items, a: Spot) -> bool:
    """Leave the other map alone."""
    del name, args
    return after.other[a] == s.other[a]


def stays_on(s: Items, name: str, args: dict[str, Any], after: Items, a: Spot) -> bool:
    """Leave the other map's flag alone."""
    del name, args
    return after.other[a].on == s.other[a].on


def refused_for_policy(s: Items, name: str, args: dict[str, Any], reason: Reason) -> bool:
    """Refuse for one reason alone."""
    del s, name, args
    return reason == Reason.POLICY


class Shop:
    """A step that asks a decision."""

    State = Items
    limit = 9

    @decision("contract_fits")
    def fits(self, s: Items, n: Size) -> bool:
        """Say whether a number is taken."""
        del s
        return n <= type(self).limit

    def contract_fits(self, s: Items, n: Size, answer: bool) -> bool:
        """Take what is small alone."""
        del s
        return implies(answer, n <= 9)

    @operation
    def place(self, s: Items, a: Spot, n: Size) -> Items:
        """Put a number there if it fits."""
        return s.put("one", a, Item(n, on=True)) if self.fits(s, n) else s


def induction(policy: Any, invariants: Any = (is_small,), about: Any = (stays,), assumed: Any = ()) -> Induction:
    """Return the induction over a shop."""
    kinds = [(f, Kind.REFUSAL if f is refused_for_policy else Kind.STEP) for f in about]
    return Induction(
        policy,
        [describe(f, Kind.STATE) for f in invariants],
        [describe(f, Kind.STATE) for f in assumed],
        Limits(),
        [describe(f, k) for f, k in kinds],
    )


def of_step(decide: Induction, base: str = "base", asked: list[Decision] | None = None) -> key.Key:
    """Return the key of the shop's one step."""
    run = decide.explored(steps_of(decide.policy)[0])
    found = questions.of_step(decide, base, run, run, asked or [])
    assert found is not None
    return found


def test_what_is_assumed_is_in_the_key() -> None:
    """Another invariant, another assumption, another base, another state: each is another key."""
    wider = type("Wider", (Items,), {"__annotations__": {"more": Map[Spot, Item]}})
    other = type("Wide", (Shop,), {"State": wider})()
    made = [
        questions.assumed(induction(Shop()), "base"),
        questions.assumed(induction(Shop()), "another"),
        questions.assumed(induction(Shop(), (is_smaller,)), "base"),
        questions.assumed(induction(Shop(), assumed=(is_smaller,)), "base"),
        questions.assumed(induction(other), "base"),
    ]
    assert len(set(made)) == len(made)
    assert questions.assumed(induction(Shop()), "base") == made[0]


def test_what_is_asked_of_a_step_is_in_the_key() -> None:
    """The step's paths are in the subject, and each statement's formulas in its item; a refusal has no item without a reason."""
    plain = of_step(induction(Shop(), about=(stays, stays_on, refused_for_policy)))
    assert set(plain.items) == {"stays", "stays_on", "refused_for_policy"}
    assert len(set(plain.items.values())) == 3
    assert of_step(induction(Shop()), "another").subject != plain.subject
    stricter = of_step(induction(type("Stricter", (Shop,), {"limit": 8})()))
    assert stricter.subject != plain.subject
    assert of_step(induction(Shop())).items["stays"] == plain.items["stays"]


def test_both_ways_to_run_a_step_are_in_the_key() -> None:
    """Under arbitrary decisions a statement is another formula, which is in its item; and so are the answers that were met."""
    decide = induction(Shop())
    step = steps_of(decide.policy)[0]
    asked = list(decisions(decide.policy).values())
    own = decide.explored(step)
    general = decide.explored(steps_of(under_contracts(decide.policy, {"fits"}, decide.before))[0])
    one, both = (questions.of_step(decide, "base", own, run, asked) for run in (own, general))
    assert one is not None
    assert both is not None
    assert one.subject != both.subject
    (stays_put,) = decide.step_statements
    goals = [
        [digests.of_term(decide.goal(run.transition, run.arguments, path, stays_put)[0]) for path in run.about(stays_put)]
        for run in (own, general)
    ]
    named = ("stays", Kind.STEP, digests.of_types(stays_put.params))
    assert one.items["stays"] == key.joined(*named, *goals[0])
    assert both.items["stays"] == key.joined(*named, *goals[0], *goals[1])


def test_facts_about_power_on_are_in_its_key() -> None:
    """What is assumed of the machine that is switched on, and what of it is arbitrary."""
    decide = induction(Shop())
    facts = [[], [describe(is_small, Kind.BOOT)], [describe(is_smaller, Kind.BOOT)]]
    made = [questions.of_power_on(decide, "base", found, frozenset()) for found in facts]
    assert len({k.subject for k in made}) == len(made)
    free = questions.of_power_on(decide, "base", [], frozenset({"one"}))
    assert free.items != made[0].items


@pytest.mark.usefixtures("_own_terms")
def test_what_is_forgotten_is_made_anew() -> None:
    """Where terms are dropped their numbers are given again: no digest of an earlier one may be left."""
    before = digests.of_term(X)
    assert X.number in digests._MEMO
    digests.forget()
    assert digests._MEMO == {}
    assert digests.of_term(X) == before


def test_a_step_that_cannot_be_run_has_no_key() -> None:
    """Nobody knows what is said of it."""

    class Raises(Shop):
        """Raises on one path."""

        @operation
        def place(self, s: Items, a: Spot, n: Size) -> Items:
            """Raise."""
            del a
            return s if n > 3 else s.one  # type: ignore[return-value]

    decide = induction(Raises())
    run = decide.explored(steps_of(decide.policy)[0])
    good = induction(Shop())
    right = good.explored(steps_of(good.policy)[0])
    assert run.why
    assert questions.of_step(decide, "base", run, right, []) is None
    assert questions.of_step(decide, "base", right, run, []) is None


def test_one_state_and_decisions_are_in_their_keys() -> None:
    """Each statement about one state, and each decision with its contract, has an item that changes with it."""
    one, two = (questions.of_one_state(induction(Shop(), (f,))) for f in (is_small, is_smaller))
    assert set(one) == {"is_small"}
    assert set(two) == {"is_smaller"}
    assert set(one.values()) != set(two.values())
    kinds = [
        Shop,
        type("Stricter", (Shop,), {"limit": 8}),
        type("Tighter", (Shop,), {"contract_fits": lambda _self, _s, n, answer: implies(answer, n <= 7)}),
        type("Never", (Shop,), {"fits": decision("contract_fits")(refuses)}),
    ]
    made = []
    for kind in kinds:
        decide = induction(kind())
        made.append(questions.of_decisions(decide, "base", list(decisions(decide.policy).values())))
    assert all(set(k.items) == {"fits"} for k in made)
    assert len({k.items["fits"] for k in made}) == len(made)
    assert questions.of_decisions(induction(Shop()), "another", []).subject != made[0].subject


def refuses(_self: Any, _s: Items, n: Size) -> bool:
    """Say no to all but one."""
    return n == 3


def test_a_statement_that_cannot_be_made_has_no_item() -> None:
    """The others have theirs."""

    def loops(s: Items, name: str, args: dict[str, Any], after: Items) -> bool:
        """Look at a symbolic number."""
        del name, args, after
        return int(s.head.n) > 3

    assert set(of_step(induction(Shop(), about=(loops, stays))).items) == {"stays"}


@pytest.mark.usefixtures("_own_terms")
def test_true_is_a_formula() -> None:
    """The digest of nothing that is asked is that of what is always so."""
    assert digests.of_value(True) == digests.of_term(TRUE)
    assert isinstance(Items.shapes()["one"], MapShape)
