"""Types hold where a value is written: a choice has a name, a truth value is one of two, in a run and in a proof alike."""

from __future__ import annotations

from typing import Any

import pytest

from proofs.engine.maps import argument, symbolic_state
from proofs.engine.paths import explore
from pymodel.language.state import Map, Record, State
from pymodel.language.truth import negate
from pymodel.language.words import Choice, Member, Word, choose


class Desk(Word, width=8):
    """The number of a desk."""

    __slots__ = ()


class Wear(Choice):
    """How worn a desk is: three names in two bits."""

    NEW = Member()
    USED = Member()
    WORN = Member()


class DeskRecord(Record):
    """A desk."""

    wear: Wear = Wear.NEW
    taken: bool = False
    height: Desk = Desk(0)


class Front(Record):
    """A record of which there is one."""

    wear: Wear = Wear.NEW


class Office(State):
    """Desks."""

    desk: Map[Desk, DeskRecord]
    front: Front


WRONG: Any = Wear.USED
#: What is written of a desk at hand, and whether each of its fields then has a value of its type.
WRITES: list[tuple[str, Any, bool]] = [
    ("a name", lambda r: r.replace(wear=Wear.WORN), True),
    ("one of two names", lambda r: r.replace(wear=choose(r.taken, Wear.USED, Wear.WORN)), True),
    ("what stands there", lambda r: r.replace(wear=r.wear), True),
    ("past the last name", lambda r: r.replace(wear=r.wear + 3), False),
    ("a name turned over", lambda r: r.replace(wear=~Wear.NEW), False),
    ("bits of a number", lambda r: r.replace(wear=(r.height | 3).to(Wear)), False),
    ("a truth value", lambda r: r.replace(taken=negate(r.taken)), True),
    ("two", lambda r: r.replace(taken=2), False),
    ("nothing", lambda r: r.replace(taken=None), False),
    ("another type in a new record", lambda _: DeskRecord(height=WRONG), False),
]


def empty() -> Any:
    """Return the office in which everything has its default."""
    kind: Any = Office
    return kind()


def written(s: Any, desk: Any, write: Any) -> Any:
    """Write a desk's record."""
    return s.put("desk", desk, write(s.desk[desk]))


@pytest.mark.parametrize(("name", "write", "fits"), WRITES, ids=[name for name, _, _ in WRITES])
def test_a_field_takes_values_of_its_type(name: str, write: Any, fits: bool) -> None:
    """What does not fit is a `TypeError` on numbers and on terms."""
    del name
    s, desk = empty(), Desk(7)
    if fits:
        assert written(s, desk, write).desk[desk].wear.is_named()
    else:
        with pytest.raises(TypeError, match=r"DeskRecord\.\w+"):
            written(s, desk, write)
    symbols, key = symbolic_state(Office), argument(Desk, "desk")
    paths = list(explore(lambda: written(symbols, key, write)))
    assert {path.outcome for path in paths} == {"ok" if fits else "error"}
    assert fits or {type(path.value) for path in paths} == {TypeError}


def test_a_single_record_is_checked_too() -> None:
    """`replace` of a part looks at what is put there, and takes no part of another kind."""
    s = empty()
    assert s.replace(front=Front(Wear.USED)).front.wear == Wear.USED
    for wrong in ({"front": Front(~Wear.NEW)}, {"front": DeskRecord()}, {"desk": Front()}, {"desk": None}):
        with pytest.raises(TypeError):
            s.replace(**wrong)


def test_a_default_is_of_the_fields_type() -> None:
    """A record's defaults are checked like what is written."""

    class Wrong(Record):
        wear: Wear = Desk(1)  # type: ignore[assignment] # what is tested

    with pytest.raises(TypeError, match=r"Wrong\.wear takes Wear, not Desk"):
        Wrong.default().check()


def test_what_is_not_plain_to_see_has_no_name() -> None:
    """A term that may be past the last name is not taken for a name; one all of whose ends are names is."""
    wear, other, bit = (argument(kind, name) for name, kind in (("wear", Wear), ("other", Wear), ("bit", bool)))
    assert wear.is_named()
    assert choose(bit, wear, choose(bit, other, Wear.NEW)).is_named()
    assert not (wear + 1).is_named()
    assert not choose(bit, wear, other + 1).is_named()
    assert not argument(Desk, "desk").to(Wear).is_named()
