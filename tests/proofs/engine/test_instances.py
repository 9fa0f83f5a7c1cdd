"""Which keys an assumed statement is taken at: those that the reads call for, and no fewer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proofs.engine.instances import Instances, match
from proofs.engine.maps import Read, symbolic_state, word_node
from proofs.engine.terms import Node, const, variable
from proofs.statements import Kind, describe
from pymodel.language.state import Map, Record, State
from pymodel.language.truth import all_of, implies
from pymodel.language.words import Word, concat


class Low(Word, width=4):
    """Half a key, and a key."""

    __slots__ = ()


class Both(Word, width=8):
    """A key of two halves."""

    __slots__ = ()


class Spot(Record):
    """What stands at a key."""

    on: bool = False
    next: Low = Low(0)


class Yard(State):
    """Maps with keys of one, two and joined words."""

    one: Map[Low, Spot]
    other: Map[Low, Spot]
    pair: Map[tuple[Low, Low], Spot]
    joined: Map[Both, Spot]


def in_one(s: Yard, a: Low) -> bool:
    """Read one map at the key."""
    return s.one[a].on


def in_two(s: Yard, a: Low, b: Low) -> bool:
    """Read two maps, each at one of the keys."""
    return implies(s.one[a].on, s.other[b].on)


def in_either(s: Yard, a: Low) -> bool:
    """Read two maps at the key."""
    return implies(s.one[a].on, s.other[a].on)


def in_a_pair(s: Yard, a: Low, b: Low) -> bool:
    """Read one map at both keys, and others at one each."""
    return all_of(s.pair[a, b].on, s.one[a].on, s.other[b].on)


def in_a_joined_word(s: Yard, a: Low, b: Low) -> bool:
    """Read a map at a key made of both."""
    return s.joined[concat(Both, a, b)].on


def in_a_wider_word(s: Yard, a: Low) -> bool:
    """Read a map at a key made of one and nothing."""
    return s.joined[a.to(Both)].on


def next_in_other(s: Yard, a: Low) -> bool:
    """Read what one map names in another."""
    return s.other[s.one[a].next].on


A, B, C = (variable(f"instances.{name}", 4) for name in "abc")


def joined(a: Node, b: Node) -> Node:
    """Return a key of two halves."""
    return word_node(concat(Both, Low.of(a), Low.of(b)))


#: The terms above: other tests have terms dropped, and give their numbers to others.
D, WHOLE = variable("instances.d", 4), variable("instances.whole", 8)
PAIRS = {key: joined(*key) for key in ((A, B), (C, C), (A, A), (B, C))}
THREE, TWO = const(3, 4), const(2, 4)
WITH_THREE, OTHERS_THREE, OTHERS_TWO = joined(A, THREE), joined(B, THREE), joined(B, TWO)
WIDER = word_node(Low.of(A).to(Both))
TERMS = dict(Node.table)


@pytest.fixture(autouse=True)
def _own_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the terms of this file be those that there are."""
    monkeypatch.setattr(Node, "table", dict(TERMS))


def taken(
    statements: list[Callable[..., bool]], reads: list[Read], rounds: int = 1, wanted: Any = None
) -> list[tuple[str, tuple[Node, ...]]]:
    """Return at which keys the statements are taken for some reads."""
    instances = Instances([describe(f, Kind.STATE) for f in statements], Yard, symbolic_state(Yard))
    return [(i.statement.name, i.keys) for i in instances.close(reads, rounds, wanted)]


@pytest.mark.parametrize(
    ("stated", "reads", "keys"),
    [
        (in_one, [("one", (A,)), ("other", (B,)), ("one", (C,))], [(A,), (C,)]),
        (in_one, [("other", (B,))], []),
        (in_either, [("one", (A,)), ("other", (B,))], [(A,), (B,)]),
        (in_two, [("one", (A,)), ("one", (B,)), ("other", (C,))], [(A, C), (B, C)]),
        (in_two, [("one", (A,))], []),
        (in_a_pair, [("pair", (A, B)), ("one", (C,)), ("other", (C,))], [(A, B)]),
        (in_a_pair, [("one", (A,)), ("other", (B,))], []),
        (in_a_joined_word, [("joined", (PAIRS[A, B],))], [(A, B)]),
        (in_a_joined_word, [("joined", (WHOLE,))], []),
        (in_a_wider_word, [("joined", (WIDER,))], [(A,)]),
        (in_a_wider_word, [("joined", (PAIRS[A, B],))], []),
    ],
)
def test_a_statement_is_taken_where_reads_match(stated: Any, reads: list[Read], keys: list[tuple[Node, ...]]) -> None:
    """One read that binds all keys is enough; where none does, several together; a joined key is taken apart."""
    assert taken([stated], reads) == [(stated.__name__, k) for k in keys]


def test_what_was_read_before_is_matched_with_what_is_read_later() -> None:
    """The second round reads `other` at what the first names: with the older read of `one` it makes a pair."""
    found = taken([next_in_other, in_two], [("one", (A,))], 2)
    named = word_node(symbolic_state(Yard).one[Low.of(A)].next)
    assert found == [("next_in_other", (A,)), ("in_two", (A, named))]
    assert taken([next_in_other, in_two], [("one", (A,))], 1) == [("next_in_other", (A,))]


def test_in_the_last_round_only_what_is_wanted_is_made() -> None:
    """Before it everything is, since others may be called for by it."""
    asked: list[str] = []

    def wanted(st: Any, _keys: Any) -> bool:
        asked.append(st.name)
        return False

    assert taken([next_in_other, in_two], [("one", (A,))], 2, wanted) == [("next_in_other", (A,))]
    assert asked == ["in_two"]


@pytest.mark.parametrize(
    ("pattern", "term", "bound"),
    [
        (A, B, {A.number: B}),
        (A, WHOLE, None),
        (PAIRS[A, B], PAIRS[C, C], {A.number: C, B.number: C}),
        (PAIRS[A, A], PAIRS[C, C], {A.number: C}),
        (PAIRS[A, A], PAIRS[B, C], None),
        (WITH_THREE, OTHERS_THREE, {A.number: B}),
        (WITH_THREE, OTHERS_TWO, None),
        (THREE, THREE, {}),
        (THREE, TWO, None),
        (C, C, {}),
        (C, D, None),
    ],
)
def test_a_pattern_matches_what_has_its_form(pattern: Node, term: Node, bound: dict[int, Node] | None) -> None:
    """`a` and `b` are bound, the same one to the same term; everything else must be alike."""
    found: dict[int, Node] = {}
    assert match(pattern, term, {A.number, B.number}, found) is (bound is not None)
    assert bound is None or found == bound
