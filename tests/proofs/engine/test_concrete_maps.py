"""Reading a concrete map at a symbolic key: the term comes to what stands there, at every key."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from proofs.engine.maps import SymbolicMap, argument, field_node, symbolic_state, truth_node, word_node
from proofs.engine.paths import Unsupported, explore
from proofs.engine.solvers.solver import Session, evaluate
from proofs.engine.terms import neg
from pymodel.language.state import Map, Record, State
from pymodel.language.truth import all_of
from pymodel.language.words import Choice, Member, Word


class Row(Word, width=2):
    """The first part of a key."""

    __slots__ = ()


class Column(Word, width=4):
    """The second part of a key."""

    __slots__ = ()


class Colour(Choice):
    """Three names."""

    RED = Member()
    GREEN = Member()
    BLUE = Member()


class Square(Record):
    """What stands at a key; its default is not nothing."""

    colour: Colour = Colour.GREEN
    n: Row = Row(1)
    on: bool = True


class Board(State):
    """A map with keys of two parts, and one with keys of one."""

    square: Map[tuple[Row, Column], Square]
    edge: Map[Column, Square]


def record(chance: Random) -> Square:
    """Return one of few records, so that neighbours are often alike."""
    return chance.choice((Square(), Square(Colour.RED, Row(1), on=True), Square(Colour.BLUE, Row(3), on=False)))


def board(seed: int) -> Board:
    """Return a board with runs of equal records."""
    chance = Random(seed)  # noqa: S311 - chance is all that is asked of it
    s: Any = Board()  # type: ignore[call-arg]
    for _ in range(chance.randint(1, 4)):
        row, first, what = Row(chance.randint(0, 3)), chance.randint(0, 12), record(chance)
        for n in range(first, first + chance.randint(1, 4)):
            s = s.put("square", (row, Column(n)), what).put("edge", Column(n), what)
    return s  # type: ignore[no-any-return]


def values(found: Any, variables: dict[str, int]) -> list[int]:
    """Return the numbers of a record's fields, in terms of a key."""
    return [evaluate(field_node(t, found.__dict__[n]), {}, variables, {}) for n, t in Square.fields().items()]


@pytest.mark.parametrize("seed", range(30))
def test_a_concrete_map_is_read_as_it_is(seed: int) -> None:
    """Whatever the key comes to, the term comes to the field of what stands there; before an update and after."""
    concrete = board(seed)
    s = symbolic_state(Board, "", concrete)
    row, column = argument(Row, "row"), argument(Column, "column")
    here, there, at = Row(seed % 4), Column(seed % 16), Square(Colour.BLUE, Row(2), on=True)
    changed, by_terms = (x.put("square", (here, there), at) for x in (concrete, s))
    found, after, edge = s.square[row, column], by_terms.square[row, column], s.edge[column]
    for r in range(4):
        for c in range(16):
            variables = {"row": r, "column": c}
            expected = [x.square[Row(r), Column(c)] for x in (concrete, changed)]
            assert [values(x, variables) for x in (found, after, edge)] == [
                values(x, {}) for x in (*expected, concrete.edge[Column(c)])
            ]


def test_a_map_with_nothing_in_it_has_its_default() -> None:
    """The default itself comes out, not a term."""
    found = symbolic_state(Board, "", Board()).edge[argument(Column, "column")]  # type: ignore[call-arg]
    assert (found.colour, found.n, found.on) == (Colour.GREEN, Row(1), True)


@pytest.mark.parametrize("what", ["a word", "another record", "another key", "a key that is read", "half a key"])
def test_what_does_not_fit_is_refused(what: str) -> None:
    """A map of terms takes its own records at its own keys, as a concrete one does."""
    s: Any = symbolic_state(Board)
    key, row = argument(Column, "column"), argument(Row, "row")

    class Other(Record):
        n: Row = Row(1)

    with pytest.raises(TypeError):
        {
            "a word": lambda: s.put("edge", key, row),
            "another record": lambda: s.put("edge", key, Other()),
            "another key": lambda: s.put("edge", row, Square()),
            "a key that is read": lambda: s.edge[row],
            "half a key": lambda: s.square[row],
        }[what]()


def test_reads_and_writes_are_noted() -> None:
    """A run knows each key that it read or wrote, by the name of the map."""
    s: Any = symbolic_state(Board)
    row, column = argument(Row, "row"), argument(Column, "column")
    (path,) = explore(lambda: s.put("edge", column, s.square[row, column]))
    assert list(path.reads) == [("square", (word_node(row), word_node(column))), ("edge", (word_node(column),))]


def test_a_predicate_must_have_a_truth_value() -> None:
    """A reset by anything else is refused."""
    s: Any = symbolic_state(Board)
    with pytest.raises(Unsupported):
        s.edge.reset(lambda k, _r: k)
    assert isinstance(s.edge.reset(lambda k, _r: k == 3), SymbolicMap)


def test_a_solver_reads_a_concrete_map_as_it_is() -> None:
    """Runs of keys from the first on, and up to the last: what stands there is all that can."""
    concrete: Any = Board()  # type: ignore[call-arg]
    for n in range(16):
        concrete = concrete.put("edge", Column(n), Square(Colour.RED if n < 3 else Colour.BLUE, Row(1), on=True))
    key = argument(Column, "column")
    found = symbolic_state(Board, "", concrete).edge[key]
    red, low = (truth_node(x) for x in (found.colour == Colour.RED, key < 3))
    for parts, answer in (([red, low], "sat"), ([red, neg(low)], "unsat"), ([neg(red), low], "unsat")):
        session = Session()
        session.add(parts)
        assert session.check(1_000_000) == answer


def test_a_solver_reads_runs_of_a_pair_of_keys() -> None:
    """Within one row a run of columns is told by its first and last."""
    concrete: Any = Board()  # type: ignore[call-arg]
    for n in range(3, 12):
        concrete = concrete.put("square", (Row(2), Column(n)), Square(Colour.RED, Row(1), on=True))
    row, column = argument(Row, "row"), argument(Column, "column")
    found = symbolic_state(Board, "", concrete).square[row, column]
    red, inside = (truth_node(x) for x in (found.colour == Colour.RED, all_of(row == 2, column >= 3, column <= 11)))
    for parts, answer in (([red, inside], "sat"), ([red, neg(inside)], "unsat"), ([neg(red), inside], "unsat")):
        session = Session()
        session.add(parts)
        assert session.check(1_000_000) == answer
    todo, widths = [red], set[int]()
    while todo:
        m = todo.pop()
        todo += m.args
        widths |= {m.width} if m.op in ("ule", "eq", "and", "or", "not") else set()
    assert widths == {0}
