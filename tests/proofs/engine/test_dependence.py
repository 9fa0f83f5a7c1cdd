"""On what answers depend: small systems in which a caller sees the cell of its own name, and what is full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from proofs.engine.answers.dependence import Dependence
from proofs.engine.induction import Induction, Limits
from proofs.engine.query import FIRST, ROUGH
from proofs.statements import Kind, describe
from pymodel.language.outcomes import Reason, refuse, require
from pymodel.language.state import BOOKKEEPING, Map, Record, State
from pymodel.language.steps import operation, steps_of
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.language.words import Word, choose


class Who(Word, width=8):
    """Somebody, and the number of what is theirs."""

    __slots__ = ()


class Num(Word, width=8):
    """A number."""

    __slots__ = ()


class Box(Record, whose=BOOKKEEPING):
    """A box: whose it is, a secret, and what everybody sees."""

    owner: Who = Who(0)
    secret: Num = Num(0)
    shown: bool = False
    next: Who = Who(0)


class Clock(Record, whose=BOOKKEEPING):
    """What time it is, which nobody sees, and the day."""

    now: Num = Num(0)
    day: Num = Num(0)


class Note(Record):
    """What a policy notes."""

    value: Num = Num(0)


class Store(State):
    """Boxes, a clock, and a policy's notes."""

    box: Map[Who, Box]
    clock: Clock
    note: Map[Who, Note]
    last: Note


def is_seen(s: Any, name: str, args: dict[str, Any], reason: Any, part: str, field: str, key: tuple[Any, ...]) -> bool:
    """One's own boxes, whether a box is shown, the day, and notes; the time to whoever is refused for it."""
    del name
    if part == "clock":
        return field == "day" or (reason is not None and reason == Reason.EXHAUSTED)
    return True if part != "box" or field == "shown" else s.box[key[0]].owner == args["caller"]


def next_is_the_owners(s: Any, b: Who) -> bool:
    """Say that a shown box is followed by one of the same owner; nobody is 0, and what is nobody's is shown to none."""
    return all_of(
        implies(s.box[b].shown, s.box[s.box[b].next].owner == s.box[b].owner), implies(s.box[b].owner == 0, negate(s.box[b].shown))
    )


Step = Callable[[Any, Who, Who, Num], Any]


class Row(NamedTuple):
    """An operation, and whether its answer depends on what its caller sees alone."""

    name: str
    step: Step
    holds: bool


def own(s: Any, caller: Who, b: Who) -> Any:
    """Ask whether a box is the caller's, and return it."""
    require(s.box[b].owner == caller, Reason.NOT_ALLOWED)
    return s.box[b]


def asked(s: Any, fact: bool, reason: Reason = Reason.WRONG_STATE) -> Any:
    """Refuse unless a fact holds."""
    require(fact, reason)
    return s


def fork(condition: bool, yes: Any, no: Any) -> Any:
    """Go one of two ways."""
    return yes() if condition else no()


def noted(s: Any, who: Who, value: Num) -> Any:
    """Note a number."""
    return s.put("note", who, Note(value=value))


def twice(s: Any, caller: Who, b: Who) -> Any:
    """Ask in two guards whether a box is the caller's, and nobody's."""
    require(s.box[b].owner != 0, Reason.NOT_ALLOWED)
    return own(s, caller, b)


ROWS = [
    Row("what is one's own", lambda s, c, b, _n: asked(s, own(s, c, b).secret == 3), True),
    Row("what is another's", lambda s, _c, b, _n: asked(s, s.box[b].secret == 3), False),
    Row("whose it is", lambda s, c, b, _n: asked(s, s.box[b].owner == c, Reason.NOT_ALLOWED), True),
    Row("who has it", lambda s, _c, b, _n: asked(s, s.box[b].owner == 7), False),
    Row("what it is, before whose it is", lambda s, c, b, _n: asked(s, s.box[b].secret == 3) and own(s, c, b) and s, False),
    Row("two guards of one reason", lambda s, c, b, _n: asked(s, twice(s, c, b).secret == 3), True),
    Row(
        "two guards of two reasons",
        lambda s, c, b, _n: asked(asked(s, s.box[b].owner != 0), s.box[b].owner == c, Reason.NOT_ALLOWED),
        False,
    ),
    Row("what is shown", lambda s, _c, b, _n: asked(s, s.box[b].shown), True),
    Row("what is shown of anything", lambda s, _c, b, n: asked(s, s.box[b + n.to(Who)].shown), True),
    Row("one's own or another's", lambda s, c, b, _n: asked(s, any_of(own(s, c, b).secret == 3, s.box[b + 1].secret == 3)), False),
    Row("what says nothing", lambda s, _c, b, _n: asked(s, any_of(s.box[b].secret <= 3, s.box[b].secret > 3)), True),
    Row("own, or not looked at", lambda s, c, b, _n: asked(s, all_of(s.box[b].owner == c, s.box[b].secret == 3)), True),
    Row("a fork on one's own", lambda s, c, b, _n: fork(own(s, c, b).secret == 3, lambda: s, lambda: refuse(Reason.IN_USE)), True),
    Row("a fork on a secret", lambda s, _c, b, _n: fork(s.box[b].secret == 3, lambda: s, lambda: refuse(Reason.IN_USE)), False),
    Row("what one's own leads to", lambda s, c, b, _n: asked(s, s.box[own(s, c, b).next].secret == 3), False),
    Row(
        "what a shown one of one's own leads to",
        lambda s, c, b, _n: asked(asked(s, own(s, c, b).shown), s.box[s.box[b].next].secret == 3),
        True,
    ),
    Row(
        "whose it is that something hidden leads to, and then what that is",
        lambda s, c, b, _n: asked(asked(s, s.box[s.box[b].next].owner == c, Reason.NOT_ALLOWED), s.box[s.box[b].next].secret == 3),
        False,
    ),
    Row(
        "one of one's own that something hidden leads to",
        lambda s, c, b, _n: asked(s, s.box[choose(s.box[s.box[b].next].owner == c, s.box[b].next, c)].secret == 3),
        False,
    ),
    Row(
        "where something hidden leads to",
        lambda s, c, b, n: noted(s, choose(s.box[s.box[b].next].owner == c, s.box[b].next, c), n | 1),
        False,
    ),
    Row("the day", lambda s, _c, _b, n: asked(s, s.clock.day <= n), True),
    Row("the time", lambda s, _c, _b, n: asked(s, s.clock.now <= n), False),
    Row("the time, refused for it", lambda s, _c, _b, n: asked(s, s.clock.now <= n, Reason.EXHAUSTED), True),
    Row("a note", lambda s, c, b, _n: noted(s, b, own(s, c, b).secret), True),
    Row("a note of a secret", lambda s, _c, b, _n: noted(s, b, s.box[b].secret), False),
    Row("a note in a secret place", lambda s, _c, b, n: noted(s, s.box[b].next, n | 1), False),
    Row("notes emptied", lambda s, _c, b, _n: s.replace(note=s.note.reset(lambda k, r: all_of(k == b, r.value != 3))), True),
    Row("notes emptied by a secret", lambda s, _c, _b, _n: s.replace(note=s.note.reset(lambda k, _r: s.box[k].secret == 3)), False),
    Row("the last note", lambda s, _c, _b, n: s.replace(last=Note(value=n)), True),
    Row("a secret in the last note", lambda s, _c, b, _n: s.replace(last=Note(value=s.box[b].secret)), False),
    Row("a secret that is only written", lambda s, _c, b, _n: s.put("box", b, s.box[b + 1]), True),
]


def decided(step: Step, effort: Any = FIRST) -> Any:
    """Return what is said of an operation."""

    class System:
        """One operation."""

        State = Store

        @operation
        def move(self, s: Store, caller: Who, b: Who, n: Num) -> Store:
            """Take the step."""
            return step(s, caller, b, n)  # type: ignore[no-any-return]

    stated = replace(describe(is_seen, Kind.ANSWER), told=lambda _step, part: part in ("note", "last"))
    decide = Induction(System(), [describe(next_is_the_owners, Kind.STATE)], [], Limits(rlimit=4_000_000), [stated])
    return Dependence(decide, decide.explored(steps_of(decide.policy)[0]), stated).obligation(effort)


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_an_answer_depends_on_what_is_seen_alone(row: Row) -> None:
    """What holds is proved; what does not is shown by two states that look alike, in which the answers or the notes differ."""
    found = decided(row.step)
    assert found.holds is row.holds, found.where
    if not row.holds and row.name != "notes emptied by a secret":  # of which nothing may be there to be emptied
        assert str(found.verdict) == "cti"
        assert "where the caller sees no difference" in found.where
        assert found.cti["state"] != found.cti["other"]


def test_what_nobody_reads_is_framed() -> None:
    """An operation that asks nothing of the state needs no solver."""
    assert str(decided(lambda s, _c, _b, n: asked(s, n == 3)).verdict) == "framed"


def test_little_effort_refutes_nothing() -> None:
    """A proof counts, however it was found; a model with few instances is no counterexample."""
    assert str(decided(ROWS[0].step, ROUGH).verdict) == "proved"
    assert str(decided(ROWS[1].step, ROUGH).verdict) == "unknown"


def test_what_hardware_does_answers_nobody() -> None:
    """Only operations are asked for."""
    from pymodel.language.steps import hardware  # noqa: PLC0415 - a step of another kind

    class World:
        """A step of the hardware's."""

        State = Store

        @hardware
        def tick(self, s: Store, caller: Who, b: Who) -> Store:
            """Look at a secret."""
            del caller
            return asked(s, s.box[b].secret == 3)  # type: ignore[no-any-return]

    stated = describe(is_seen, Kind.ANSWER)
    decide = Induction(World(), [], [], Limits(rlimit=4_000_000), [stated])
    (found,) = decide.step(steps_of(decide.policy)[0])
    assert str(found.verdict) == "framed"
