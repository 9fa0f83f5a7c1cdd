"""Small systems whose verdicts are known: for each feature of the engine one that is right, and one that is wrong in just that.

Each row is a statement, a step, and whether the step keeps the statement. A fault of the engine in the unsound direction lets a
wrong row come out as proved; one in the other direction loses a right one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from proofs.engine.decisions import decisions, under_contracts
from proofs.engine.induction import Induction, Limits
from proofs.statements import Kind, Statement, describe
from pymodel.language.outcomes import Reason, refuse, require
from pymodel.language.state import Map, Record, State
from pymodel.language.steps import decision, operation, steps_of
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.language.words import Choice, Member, Word, choose, concat


class Ref(Word, width=8):
    """The number of a cell; 0 is none."""

    __slots__ = ()


class Num(Word, width=8):
    """A number."""

    __slots__ = ()


class Wide(Word, width=16):
    """A number of two parts."""

    __slots__ = ()


class Mode(Choice):
    """Three names in two bits."""

    OFF = Member()
    ON = Member()
    STUCK = Member()


class Cell(Record):
    """A cell."""

    value: Num = Num(0)
    mode: Mode = Mode.OFF
    full: bool = False
    next: Ref = Ref(0)


class Link(Record):
    """Whether two cells are linked."""

    held: bool = False


class Clock(Record):
    """What time it is."""

    now: Num = Num(0)


class Shed(State):
    """Cells, links between them, and one clock."""

    cell: Map[Ref, Cell]
    link: Map[tuple[Ref, Ref], Link]
    clock: Clock


# What is stated


def full_is_on(s: Shed, r: Ref) -> bool:
    """Say that a full cell is on."""
    return implies(s.cell[r].full, s.cell[r].mode == Mode.ON)


def value_is_small(s: Shed, r: Ref) -> bool:
    """No value is above 99."""
    return s.cell[r].value <= 99


def value_is_even(s: Shed, r: Ref) -> bool:
    """Each value is even."""
    return (s.cell[r].value & 1) == 0


def never_stuck(s: Shed, r: Ref) -> bool:
    """Say that a cell is off or on."""
    return s.cell[r].mode != Mode.STUCK


def next_is_full(s: Shed, r: Ref) -> bool:
    """Say that what a cell points to is full, but for cell 0."""
    return implies(s.cell[r].next != 0, s.cell[s.cell[r].next].full)


def links_are_two_way(s: Shed, a: Ref, b: Ref) -> bool:
    """If one cell is linked to another, so is that to it."""
    return implies(s.link[a, b].held, s.link[b, a].held)


def links_join_full_cells(s: Shed, a: Ref, b: Ref) -> bool:
    """Only full cells are linked."""
    return implies(s.link[a, b].held, all_of(s.cell[a].full, s.cell[b].full))


def values_wait(s: Shed, r: Ref) -> bool:
    """No value is ahead of the clock."""
    return s.cell[r].value <= s.clock.now


def nothing_is_stated(s: Shed, r: Ref) -> bool:
    """Nothing, of no key."""
    del s, r
    return True


def only_the_cell_named_changes(s: Shed, name: str, args: dict[str, Any], after: Shed, r: Ref) -> bool:
    """Leave every other cell as it was."""
    del name
    return any_of(r == args["r"], after.cell[r] == s.cell[r])


def time_goes_on(s: Shed, name: str, args: dict[str, Any], after: Shed) -> bool:
    """Do not put the clock back."""
    del name, args
    return after.clock.now >= s.clock.now


def refused_only_if_full(s: Shed, name: str, args: dict[str, Any], reason: Reason) -> bool:
    """Whoever is refused with `OCCUPIED` named a full cell."""
    del name
    return implies(reason == Reason.OCCUPIED, s.cell[args["r"]].full)


STATE, STEP, REFUSAL = Kind.STATE, Kind.STEP, Kind.REFUSAL
Step = Callable[[Any, Ref, Ref, Num], Any]


class Row(NamedTuple):
    """A system: what it shows, what is stated, its step, and whether the step keeps that."""

    name: str
    stated: Callable[..., bool]
    step: Step
    holds: bool
    kind: Kind = STATE


def put(s: Any, r: Ref, **fields: Any) -> Any:
    """Change some fields of a cell."""
    return s.put("cell", r, s.cell[r].replace(**fields))


def when(condition: bool, yes: Any, no: Any) -> Any:
    """Fork."""
    if condition:
        return yes
    return no


def asked(s: Any, condition: bool, reason: Reason, after: Any) -> Any:
    """Go on where a condition holds."""
    del s
    require(condition, reason)
    return after


def refused_if(s: Any, condition: bool) -> Any:
    """Refuse outright on one path."""
    return refuse(Reason.OCCUPIED) if condition else s


def otherwise(s: Any, _r: Ref, q: Ref, n: Num) -> Any:
    """Ask another question each time."""
    SEEN.append(n)
    return when(n == len(SEEN) % 200, s, when(n == q.to(Num), s, s))


SEEN: list[Num] = []


def swallowed(s: Any, r: Ref, _q: Ref, n: Num) -> Any:
    """Catch what the engine raises."""
    try:
        int(n)
    except BaseException:  # noqa: BLE001 - what is tested
        return s
    return put(s, r, value=n)


def swallowed_in_a_predicate(s: Any, r: Ref, _q: Ref, _n: Num) -> Any:
    """Catch it in a predicate, which is run by itself."""
    return clear(s, lambda k, _c: all_of(k == r, swallowed(s, r, k, k.to(Num)) is s))


def clear(s: Any, hit: Callable[..., bool]) -> Any:
    """Empty the cells that are hit."""
    return s.replace(cell=s.cell.reset(hit))


def fill_by_parts(s: Any, r: Ref) -> Any:
    """Write in two steps."""
    return put(put(s, r, mode=Mode.ON), r, full=True)


def link(s: Any, a: Ref, b: Ref, held: bool = True) -> Any:
    """Link one cell to another."""
    return s.put("link", (a, b), Link(held=held))


def tick(s: Any, now: Num) -> Any:
    """Set the clock."""
    return s.replace(clock=Clock(now=now))


ROWS = [
    # updates at one key
    Row("a set", full_is_on, lambda s, r, _q, _n: put(s, r, full=True, mode=Mode.ON), True),
    Row("a set that breaks", full_is_on, lambda s, r, _q, _n: put(s, r, full=True), False),
    Row("a set of the default", full_is_on, lambda s, r, _q, _n: s.put("cell", r, Cell()), True),
    Row("two sets of one cell", full_is_on, lambda s, r, _q, _n: fill_by_parts(s, r), True),
    Row("the first of two sets", full_is_on, lambda s, r, _q, _n: put(put(s, r, full=True), r, mode=Mode.ON), True),
    Row("sets of two cells", full_is_on, lambda s, r, q, _n: put(put(s, r, mode=Mode.ON), q, full=True), False),
    Row("sets that may meet", full_is_on, lambda s, r, q, _n: put(put(s, r, full=True, mode=Mode.ON), q, mode=Mode.OFF), False),
    Row("sets in the other order", full_is_on, lambda s, r, q, _n: put(put(s, q, full=False, mode=Mode.OFF), r, full=False), True),
    Row("a copy", full_is_on, lambda s, r, q, _n: s.put("cell", r, s.cell[q]), True),
    Row("half a copy", full_is_on, lambda s, r, q, _n: put(s, r, full=s.cell[q].full), False),
    Row("nothing", full_is_on, lambda s, _r, _q, _n: s, True),
    # updates at many keys
    Row("a reset", full_is_on, lambda s, r, _q, _n: clear(s, lambda k, _c: k == r), True),
    Row("a reset that keeps links", links_join_full_cells, lambda s, r, _q, _n: clear(s, lambda k, _c: k == r), False),
    Row(
        "a reset of both maps",
        links_join_full_cells,
        lambda s, r, _q, _n: clear(s.replace(link=s.link.reset(lambda a, b, _l: any_of(a == r, b == r))), lambda k, _c: k == r),
        True,
    ),
    Row(
        "a reset of half the links",
        links_join_full_cells,
        lambda s, r, _q, _n: clear(s.replace(link=s.link.reset(lambda a, _b, _l: a == r)), lambda k, _c: k == r),
        False,
    ),
    Row(
        "a reset by what stands there",
        value_is_small,
        lambda s, r, _q, n: clear(put(s, r, value=n), lambda _k, c: c.value > 99),
        True,
    ),
    Row("a reset a little late", value_is_small, lambda s, r, _q, n: clear(put(s, r, value=n), lambda _k, c: c.value > 100), False),
    Row("a reset before the set", value_is_small, lambda s, r, _q, n: put(clear(s, lambda k, _c: k == r), r, value=n), False),
    Row(
        "a reset of every key but one",
        value_is_small,
        lambda s, r, _q, n: clear(put(s, r, value=n), lambda k, c: all_of(c.value > 99, k != 7)),
        False,
    ),
    Row(
        "a reset that forks",
        value_is_small,
        lambda s, r, _q, n: clear(put(s, r, value=n), lambda _k, c: when(c.full, True, c.value > 99)),
        True,
    ),
    Row(
        "a reset that forks wrong",
        value_is_small,
        lambda s, r, _q, n: clear(put(s, r, value=n), lambda _k, c: when(c.full, False, c.value > 99)),
        False,
    ),
    # forks
    Row("a fork", value_is_small, lambda s, r, _q, n: when(n < 100, put(s, r, value=n), s), True),
    Row("a fork at the wrong number", value_is_small, lambda s, r, _q, n: when(n < 101, put(s, r, value=n), s), False),
    Row("wrong on the first path", value_is_small, lambda s, r, _q, n: when(n != 5, put(s, r, value=n), s), False),
    Row("wrong on the second path", value_is_small, lambda s, r, _q, n: when(n != 200, s, put(s, r, value=n)), False),
    Row(
        "forks in forks",
        value_is_small,
        lambda s, r, _q, n: when(n < 50, put(s, r, value=n), when(n < 100, put(s, r, value=n), s)),
        True,
    ),
    Row(
        "wrong in the last of three",
        value_is_small,
        lambda s, r, _q, n: when(n < 50, s, when(n < 100, s, when(n == 150, put(s, r, value=n), s))),
        False,
    ),
    Row("what a fork has learned", value_is_small, lambda s, r, q, n: when(n == s.cell[q].value, put(s, r, value=n), s), True),
    Row("a choice", value_is_small, lambda s, r, _q, n: put(s, r, value=choose(n < 100, n, Num(0))), True),
    Row("a choice the wrong way round", value_is_small, lambda s, r, _q, n: put(s, r, value=choose(n < 100, Num(0), n)), False),
    # guards
    Row("a guard", value_is_small, lambda s, r, _q, n: asked(s, n < 100, Reason.POLICY, put(s, r, value=n)), True),
    Row(
        "a guard of something else",
        value_is_small,
        lambda s, r, q, n: asked(s, s.cell[q].value < 100, Reason.POLICY, put(s, r, value=n)),
        False,
    ),
    Row(
        "a guard behind the change",
        value_is_small,
        lambda s, r, _q, n: asked(s, put(s, r, value=n).cell[r].value < 100, Reason.POLICY, put(s, r, value=n)),
        True,
    ),
    Row(
        "refused for a reason",
        refused_only_if_full,
        lambda s, r, _q, _n: asked(s, negate(s.cell[r].full), Reason.OCCUPIED, s),
        True,
        REFUSAL,
    ),
    Row(
        "refused for no reason",
        refused_only_if_full,
        lambda s, _r, q, _n: asked(s, negate(s.cell[q].full), Reason.OCCUPIED, s),
        False,
        REFUSAL,
    ),
    Row(
        "refused for another reason",
        refused_only_if_full,
        lambda s, _r, q, _n: asked(s, negate(s.cell[q].full), Reason.POLICY, s),
        True,
        REFUSAL,
    ),
    Row(
        "refused on one path",
        refused_only_if_full,
        lambda s, r, _q, n: when(n == 3, s, asked(s, negate(s.cell[r].full), Reason.OCCUPIED, s)),
        True,
        REFUSAL,
    ),
    Row(
        "refused by the second guard",
        refused_only_if_full,
        lambda s, r, _q, n: asked(s, n != 3, Reason.POLICY, asked(s, s.cell[r].full, Reason.OCCUPIED, s)),
        False,
        REFUSAL,
    ),
    Row("refused outright", refused_only_if_full, lambda s, r, _q, _n: refused_if(s, negate(s.cell[r].full)), False, REFUSAL),
    Row("refused outright and rightly", refused_only_if_full, lambda s, r, _q, _n: refused_if(s, s.cell[r].full), True, REFUSAL),
    # arithmetic, at its width
    Row("a sum of even numbers", value_is_even, lambda s, r, q, _n: put(s, r, value=s.cell[r].value + s.cell[q].value), True),
    Row("a sum and one", value_is_even, lambda s, r, q, _n: put(s, r, value=s.cell[r].value + s.cell[q].value + 1), False),
    Row("a sum wraps", value_is_small, lambda s, r, q, _n: put(s, r, value=s.cell[r].value + s.cell[q].value), False),
    Row(
        "a sum that is asked whether it wraps",
        values_wait,
        lambda s, _r, _q, n: asked(s, negate(s.clock.now.add_overflows(n)), Reason.POLICY, tick(s, s.clock.now + n)),
        True,
    ),
    Row("a clock that wraps", values_wait, lambda s, _r, _q, n: tick(s, s.clock.now + n), False),
    Row(
        "a difference",
        value_is_small,
        lambda s, r, _q, n: asked(s, n <= s.cell[r].value, Reason.POLICY, put(s, r, value=s.cell[r].value - n)),
        True,
    ),
    Row("a difference below nothing", value_is_small, lambda s, r, _q, n: put(s, r, value=s.cell[r].value - n), False),
    Row("a product", value_is_even, lambda s, r, _q, n: put(s, r, value=n * 2), True),
    Row("an odd product", value_is_even, lambda s, r, _q, n: put(s, r, value=n * 3), False),
    Row("bits kept", value_is_even, lambda s, r, _q, n: put(s, r, value=n & 0xFE), True),
    Row("bits joined", value_is_even, lambda s, r, q, n: put(s, r, value=(n & 2) | s.cell[q].value), True),
    Row("bits turned over", value_is_even, lambda s, r, _q, _n: put(s, r, value=~s.cell[r].value), False),
    Row("bits turned over twice", value_is_even, lambda s, r, _q, _n: put(s, r, value=~~s.cell[r].value), True),
    Row("bits of two numbers", value_is_even, lambda s, r, q, _n: put(s, r, value=s.cell[r].value ^ s.cell[q].value), True),
    Row("a shift to the left", value_is_even, lambda s, r, _q, n: put(s, r, value=n << 1), True),
    Row("a shift to the right", value_is_even, lambda s, r, _q, _n: put(s, r, value=s.cell[r].value >> 1), False),
    Row("a shift by a number", value_is_even, lambda s, r, _q, n: put(s, r, value=s.cell[r].value << n), True),
    Row("a part of a number", value_is_small, lambda s, r, _q, n: put(s, r, value=n.bits(5, 0, Num)), True),
    Row("a larger part", value_is_small, lambda s, r, _q, n: put(s, r, value=n.bits(6, 0, Num)), False),
    Row("parts joined and cut", value_is_small, lambda s, r, q, n: put(s, r, value=concat(Wide, n, s.cell[q].value).to(Num)), True),
    Row(
        "the other part",
        value_is_small,
        lambda s, r, q, n: put(s, r, value=concat(Wide, n, s.cell[q].value).bits(15, 8, Num)),
        False,
    ),
    Row(
        "a sign that is drawn out",
        value_is_small,
        lambda s, r, q, _n: put(s, r, value=s.cell[q].value.sext(Wide).bits(15, 8, Num)),
        True,
    ),
    Row("a sign of more", value_is_small, lambda s, r, _q, n: put(s, r, value=n.sext(Wide).bits(15, 8, Num)), False),
    Row(
        "less with a sign",
        value_is_small,
        lambda s, r, _q, n: asked(s, all_of(n.slt(100), Num(0).sle(n)), Reason.POLICY, put(s, r, value=n)),
        True,
    ),
    Row(
        "less with a sign alone", value_is_small, lambda s, r, _q, n: asked(s, n.slt(100), Reason.POLICY, put(s, r, value=n)), False
    ),
    # truth values, names, pairs of keys, one record, reads of what was read
    Row(
        "all of some",
        full_is_on,
        lambda s, r, _q, _n: when(all_of(s.cell[r].mode == Mode.ON, r != 0), put(s, r, full=True), s),
        True,
    ),
    Row(
        "any of some",
        full_is_on,
        lambda s, r, _q, _n: when(any_of(s.cell[r].mode == Mode.ON, r != 0), put(s, r, full=True), s),
        False,
    ),
    Row(
        "a name of three",
        never_stuck,
        lambda s, r, q, _n: put(s, r, mode=choose(s.cell[q].mode == Mode.OFF, Mode.ON, s.cell[q].mode)),
        True,
    ),
    Row(
        "the third name",
        never_stuck,
        lambda s, r, _q, n: put(s, r, mode=choose(n == 1, Mode.ON, choose(n == 2, Mode.OFF, Mode.STUCK))),
        False,
    ),
    Row(
        "neither of two names is the third",
        never_stuck,
        lambda s, r, q, _n: when(any_of(*(s.cell[q].mode == m for m in (Mode.OFF, Mode.ON))), s, put(s, r, mode=Mode.STUCK)),
        True,
    ),
    Row("two keys", links_are_two_way, lambda s, r, q, _n: link(link(s, r, q), q, r), True),
    Row("one of two keys", links_are_two_way, lambda s, r, q, _n: link(s, r, q), False),
    Row("two keys that may be one", links_are_two_way, lambda s, r, q, _n: link(link(s, r, q, held=False), q, r, held=False), True),
    Row(
        "a link of full cells",
        links_join_full_cells,
        lambda s, r, q, _n: asked(s, all_of(s.cell[r].full, s.cell[q].full), Reason.POLICY, link(s, r, q)),
        True,
    ),
    Row(
        "a link of one full cell",
        links_join_full_cells,
        lambda s, r, q, _n: asked(s, s.cell[r].full, Reason.POLICY, link(s, r, q)),
        False,
    ),
    Row(
        "a read through a read",
        next_is_full,
        lambda s, r, q, _n: when(s.cell[q].next != 0, put(s, r, next=s.cell[q].next), s),
        True,
    ),
    Row("what others point to", next_is_full, lambda s, r, _q, _n: put(s, r, full=False), False),
    Row("what nobody can point to", next_is_full, lambda s, _r, _q, _n: put(s, Ref(0), full=False), True),
    Row("one record", values_wait, lambda s, r, _q, _n: put(s, r, value=s.clock.now), True),
    Row("one record put back", values_wait, lambda s, _r, _q, n: tick(s, n), False),
    Row("a statement that reads nothing", nothing_is_stated, lambda s, r, _q, n: put(s, r, value=n), True),
    # statements about steps
    Row("the cell named", only_the_cell_named_changes, lambda s, r, _q, n: put(s, r, value=n), True, STEP),
    Row("another cell too", only_the_cell_named_changes, lambda s, r, q, n: put(put(s, r, value=n), q, value=n), False, STEP),
    Row(
        "another cell now and then",
        only_the_cell_named_changes,
        lambda s, _r, q, n: when(n == 77, put(s, q, full=True), s),
        False,
        STEP,
    ),
    Row("time goes on", time_goes_on, lambda s, _r, _q, n: when(n > s.clock.now, tick(s, n), s), True, STEP),
    Row("time goes back", time_goes_on, lambda s, _r, _q, n: when(n >= 3, tick(s, n), s), False, STEP),
]


def system(step: Step) -> Any:
    """Return a policy of the shed with one step."""

    class System:
        """One step."""

        State = Shed

        @operation
        def move(self, s: Shed, r: Ref, q: Ref, n: Num) -> Shed:
            """Take the step."""
            return step(s, r, q, n)  # type: ignore[no-any-return]

    return System()


def plain(verdict: str) -> str:
    """Return a verdict; what a step does not touch is proved."""
    return "proved" if verdict == "framed" else str(verdict)


def decided(row: Row, hypotheses: tuple[Statement, ...] = ()) -> str:
    """Return what the prover says of a row."""
    policy, statement = system(row.step), describe(row.stated, row.kind)
    about_state = [statement] if row.kind == STATE else []
    others = [] if row.kind == STATE else [statement]
    decide = Induction(policy, about_state, list(hypotheses), Limits(rlimit=4_000_000), others)
    found = {o.statement: o.verdict for o in decide.step(steps_of(policy)[0])}
    return plain(found[statement.name])


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_small_system_is_decided_rightly(row: Row) -> None:
    """What holds is proved, and what does not has a counterexample that is the model's too."""
    assert decided(row) == ("proved" if row.holds else "cti")


def test_there_are_enough_of_both() -> None:
    """At least sixty, and many wrong ones among them; no two have a name."""
    assert len(ROWS) >= 60
    assert sum(not row.holds for row in ROWS) >= 30
    assert len({row.name for row in ROWS}) == len(ROWS)


# What is assumed, what follows, where a system begins


def all_values_are_small(s: Shed, r: Ref) -> bool:
    """Assume that no value is above 9."""
    return s.cell[r].value < 10


def test_what_is_assumed_holds_before_and_is_not_asked_after() -> None:
    """A sum of two values below 10 stays below 100; without the assumption it may not."""
    row = Row("a sum", value_is_small, lambda s, r, q, _n: put(s, r, value=s.cell[r].value + s.cell[q].value), True)
    assert decided(row, (describe(all_values_are_small, STATE),)) == "proved"
    assert decided(row) == "cti"


def next_is_on(s: Shed, r: Ref) -> bool:
    """Say that what a cell points to is on: it follows."""
    return implies(s.cell[r].next != 0, s.cell[s.cell[r].next].mode == Mode.ON)


def next_is_even(s: Shed, r: Ref) -> bool:
    """Say that what a cell points to has an even value: it does not follow."""
    return implies(s.cell[r].next != 0, (s.cell[s.cell[r].next].value & 1) == 0)


def next_of_next_is_even(s: Shed, r: Ref) -> bool:
    """Say the same of what that points to: each of the two would follow from the other."""
    return implies(s.cell[s.cell[r].next].next != 0, next_is_even(s, s.cell[r].next))


@pytest.mark.parametrize("wrong", [(), (next_is_even,), (next_is_even, next_of_next_is_even)])
def test_consequences_follow_from_invariants_alone(wrong: tuple[Callable[..., bool], ...]) -> None:
    """What follows is proved, what does not is not, and two that only follow from each other are not."""
    invariants = [describe(f, STATE) for f in (full_is_on, next_is_full)]
    implied = [describe(f, Kind.CONSEQUENCE) for f in (next_is_on, *wrong)]
    decide = Induction(system(lambda s, _r, _q, _n: s), invariants, [], Limits(rlimit=4_000_000), [], implied)
    found = {o.statement: str(o.verdict) for o in decide.consequences()}
    assert found == {"next_is_on": "proved"} | {f.__name__: "cti" for f in wrong}


def clock_is_past_noon(s: Shed) -> bool:
    """Say what holds at no beginning."""
    return s.clock.now > 12


def test_a_system_begins_where_everything_has_its_default() -> None:
    """A statement that is kept by every step and false at first is not proved."""
    invariants = [describe(f, STATE) for f in (full_is_on, clock_is_past_noon)]
    decide = Induction(system(lambda s, _r, _q, _n: s), invariants, [], Limits(rlimit=4_000_000))
    assert {o.statement: str(o.verdict) for o in decide.first()} == {"full_is_on": "proved", "clock_is_past_noon": "cti"}
    free = {"cell", "link", "clock"}
    assert {str(o.verdict) for o in decide.boot([], free)} == {"cti"}
    fact = describe(clock_is_past_noon, Kind.BOOT)
    assert {o.statement: str(o.verdict) for o in decide.boot([fact], {"clock"})} == {
        "full_is_on": "proved",
        "clock_is_past_noon": "proved",
    }


# Decisions and contracts


class Deciding:
    """A value is written if the decision says so; the contract lets it say so of small ones."""

    State = Shed
    own: Callable[[Any, Num], bool] = staticmethod(lambda _s, n: n < 50)

    @decision("contract_accepts")
    def accepts(self, s: Shed, n: Num) -> bool:
        """Say whether a value is accepted."""
        return type(self).own(s, n)

    def contract_accepts(self, s: Shed, n: Num, answer: bool) -> bool:
        """Only what is small."""
        del s
        return implies(answer, n < 100)

    @operation
    def move(self, s: Shed, r: Ref, q: Ref, n: Num) -> Shed:
        """Write an accepted value."""
        del q
        if self.accepts(s, n):
            return put(s, r, value=n)  # type: ignore[no-any-return]
        return s


class Later(Deciding):
    """Asks of a state that it has changed."""

    @operation
    def move(self, s: Shed, r: Ref, q: Ref, n: Num) -> Shed:
        """Change a cell, and ask then."""
        return super().move(put(s, q, full=False), r, q, n)


class Twice(Deciding):
    """Asks a second time on one path, of another number."""

    @operation
    def move(self, s: Shed, r: Ref, q: Ref, n: Num) -> Shed:
        """Write what is accepted, or what is one less than that."""
        if self.accepts(s, n):
            return put(s, r, value=n)  # type: ignore[no-any-return]
        return put(s, q, value=n) if self.accepts(s, n | 1) else s


def under(policy: Any) -> tuple[list[str], list[str]]:
    """Return what is said of a policy's contracts, and of its step under arbitrary decisions."""
    decide = Induction(policy, [describe(value_is_small, STATE)], [], Limits(rlimit=4_000_000))
    contracts = [str(decide.contract(d).verdict) for d in decisions(policy).values()]
    general = steps_of(under_contracts(policy, {"accepts"}, decide.before))
    return contracts, [plain(o.verdict) for o in decide.step(general[0], general=True)]


def policy(kind: type[Deciding], own: Callable[[Any, Num], Any]) -> Any:
    """Return a policy with a decision of its own."""
    return type("Own", (kind,), {"own": staticmethod(own)})()


#: Decisions, with what is said of their contract.
DECISIONS: dict[str, tuple[Callable[[Any, Num], Any], str]] = {
    "stricter": (lambda _s, n: n < 50, "proved"),
    "just so": (lambda _s, n: n < 100, "proved"),
    "never": (lambda _s, _n: False, "proved"),
    "too often": (lambda _s, n: n < 101, "cti"),
    "wrong on the second path": (lambda s, n: when(s.clock.now != 3, n < 50, n < 200), "cti"),
    "no answer": (lambda _s, _n: None, "unknown"),
    "a number": (lambda _s, n: n, "unknown"),
    "refused": (lambda _s, _n: refuse(Reason.POLICY), "unknown"),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_a_contract_is_asked_on_every_path(name: str) -> None:
    """A decision that says yes too often, on whatever path, breaks its contract; one that does not answer keeps none."""
    own, verdict = DECISIONS[name]
    assert under(policy(Deciding, own))[0] == [verdict]


def test_a_step_is_right_under_every_decision_that_keeps_its_contract() -> None:
    """What is proved with the contract holds whatever the policy's own decision is; what needs more is not proved."""
    assert under(policy(Deciding, DECISIONS["stricter"][0]))[1] == ["proved"]
    assert under(policy(Twice, DECISIONS["stricter"][0]))[1] == ["proved"]
    without = type("Without", (Deciding,), {"contract_accepts": lambda *_: True})()
    assert under(without)[1] == ["cti"]


def test_what_an_operation_relies_on_beyond_the_contract_is_told() -> None:
    """It is proved for the policy's own decision, and for arbitrary ones it fails, with the answer that breaks it."""
    liberal = type("Liberal", (Deciding,), {"contract_accepts": lambda *_: True})()
    decide = Induction(liberal, [describe(value_is_small, STATE)], [], Limits(rlimit=4_000_000))
    own = decide.explored(steps_of(liberal)[0])
    general = decide.explored(steps_of(under_contracts(liberal, {"accepts"}, decide.before))[0])
    found = decide.decided(own, general, {})
    assert [(str(o.verdict), str(o.arbitrary), o.answers) for o in found] == [("proved", "cti", ("accepts answers True",))]
    same = decide.decided(own, own, {})
    assert [(str(o.verdict), str(o.arbitrary), o.answers) for o in same] == [("proved", "proved", ())]


@pytest.mark.parametrize(("name", "verdict"), [("stricter", "proved"), ("too often", "cti"), ("never", "proved")])
def test_in_a_changed_state_the_decision_is_the_policys_own(name: str, verdict: str) -> None:
    """There no contract is known to hold: what the policy's own decision says counts."""
    assert under(policy(Later, DECISIONS[name][0]))[1] == [verdict]


class Copies(Deciding):
    """Answers by what stands in a cell; its contract speaks of that cell alone, and of others there is a statement."""

    @decision("contract_accepts")
    def accepts(self, s: Shed, n: Num) -> bool:
        """Accept a number that is the value of no cell."""
        del s
        return n > 99

    def contract_accepts(self, s: Shed, n: Num, answer: bool) -> bool:
        """Accept no value of the cell of that number."""
        return implies(answer, s.cell[n.bits(7, 0, Ref)].value != n)


def test_a_contract_is_decided_with_what_it_reads_itself() -> None:
    """The decision reads nothing; that no cell has such a value is known where the contract looks."""
    assert under(Copies())[0] == ["proved"]


class Told(Deciding):
    """A decision that answers with a record."""

    @decision("contract_row")
    def row(self, s: Shed, n: Num) -> Cell:
        """Give the cell that is written."""
        del s
        return Cell(n & 1, Mode.OFF, full=False, next=Ref(0))

    def contract_row(self, s: Shed, n: Num, answer: Cell) -> bool:
        """Only full cells with that number."""
        del s
        return all_of(answer.value == n, answer.mode == Mode.ON, answer.next == 7, answer.full)

    @operation
    def move(self, s: Shed, r: Ref, q: Ref, n: Num) -> Shed:
        """Write it."""
        del q
        return s.put("cell", r, self.row(s, n))


def test_an_answer_that_is_a_record_is_told_whole() -> None:
    """What breaks a step under arbitrary decisions names each of its fields."""
    decide = Induction(Told(), [describe(value_is_small, STATE)], [], Limits(rlimit=4_000_000))
    general = steps_of(under_contracts(Told(), {"row"}, decide.before))[0]
    (found,) = decide.step(general, general=True)
    assert found.answers[0] in {f"row answers {Cell(Num(n), Mode.ON, full=True, next=Ref(7))!r}" for n in range(100, 256)}


def contradiction(*_: Any) -> bool:
    """Let no answer be right."""
    return False


def test_a_contract_that_no_answer_satisfies_is_broken() -> None:
    """Under it every path vanishes, all is left out, and a wrong step is proved; but then no decision keeps it."""
    absurd = type("Absurd", (Deciding,), {"contract_accepts": contradiction})()
    assert under(absurd) == (["cti"], ["proved"])


# Steps that raise, and steps that cannot be followed

WRONG: dict[str, Step] = {
    "an exception": lambda s, r, _q, n: when(n == 3, s.cell[n], put(s, r, value=n)),
    "another thing than a state": lambda s, _r, _q, _n: s.cell,
    "a name past the last": lambda s, r, q, _n: put(s, r, mode=s.cell[q].mode + 1),
    "a truth value that is none": lambda s, r, _q, _n: put(s, r, full=2),
    "a loop over a map": lambda s, _r, _q, _n: when(len(list(s.cell)) > 0, s, s),
    "a number looked at": lambda s, r, _q, n: put(s, r, value=Num(int(n))),
    "hidden state": otherwise,
    "a signal that is caught": swallowed,
    "a signal that is caught in a predicate": swallowed_in_a_predicate,
    "a refusal in a predicate": lambda s, r, _q, n: clear(s, lambda k, _c: all_of(k == r, asked(s, n != 3, Reason.POLICY, True))),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_step_that_cannot_be_followed_is_not_decided(name: str) -> None:
    """A step that raises, or does what the engine cannot see through, is unknown, whatever its other paths do."""
    for stated in (full_is_on, value_is_small):
        assert decided(Row(name, stated, WRONG[name], False)) == "unknown"
