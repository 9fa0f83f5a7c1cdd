"""What values offer a policy is the same in a run and in a proof: the same names, with the same answers and signals."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from proofs.engine.maps import argument, symbolic_record, symbolic_state, word_node
from proofs.engine.paths import explore
from proofs.engine.terms import Node
from proofs.policies.language.functions.kinds import Class
from proofs.policies.language.functions.values import attribute, is_choice, is_record, is_word, offered, own
from proofs.policies.language.table import VALUES
from pymodel import surface
from pymodel.language.json_form import read_json
from pymodel.language.outcomes import Reason
from pymodel.language.state import Map, MapShape, State
from pymodel.language.truth import Leak, Truth
from pymodel.language.words import Choice, Word
from pymodel.machine import MachineState

STATE, TERMS = read_json(MachineState, {}), symbolic_state(MachineState)
TYPES: list[Any] = [t for t in map(surface.__dict__.get, surface.__all__) if inspect.isclass(t)]
WORDS = [t for t in TYPES if is_word(t) and t.width and t is not Reason]
RECORDS = [t for t in TYPES if is_record(t) and t.fields()]


def some(kind: Any) -> Any:
    """Return a concrete value of a type of word or of bool."""
    return True if kind is bool else kind(1)


def unknown(kind: Any) -> Any:
    """Return an unknown one."""
    return argument(kind, "x")


def kind_of(value: Any) -> Any:
    """Return the type of a value; truth values, known or not, are of one."""
    return bool if isinstance(value, bool | Truth) else type(value)


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.__name__)
def test_a_word_offers_the_same(word: Any) -> None:
    """Each method and property comes to a value of one type, which is the one that the language has for it."""
    calls: dict[str, tuple[Any, ...]] = {"bits": (0, 0, surface.Holder), "to": (surface.Frame,), "width": ()}
    calls |= dict.fromkeys(("slt", "sle", "add_overflows"), (some(word),)) | {"sext": (surface.Holder,)}
    for name in offered(word):
        if is_choice(word) and name in ("slt", "sle", "add_overflows"):
            continue
        answers = []
        for value in (some(word), unknown(word)):
            found = getattr(value, name)
            given = calls.get(name, (some(word),))
            answers.append(kind_of(found(*given) if callable(found) else found))
        assert answers[0] is answers[1], name
    declared = {row.name for row in VALUES if row.of == "word"} | set(own(word))
    assert set(offered(word)) <= declared


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_a_record_offers_the_same(record: Any) -> None:
    """Fields have their types, a copy with a change is a record, and two of a type compare to a truth value."""
    known, terms = record.default(), symbolic_record(record, "r")
    assert offered(record) == sorted({*record.fields(), "replace"})
    for name, kind in record.fields().items():
        assert kind_of(getattr(known, name)) is kind_of(getattr(terms, name)) is attribute(record, name) is kind
        assert type(known.replace(**{name: some(kind)})) is type(terms.replace(**{name: unknown(kind)})) is record
    assert kind_of(known == record()) is kind_of(terms == known) is bool
    for value in (known, terms):
        with pytest.raises(TypeError):
            value.replace(no_such_field=True)


@pytest.mark.parametrize("part", MachineState.shapes())
def test_a_part_offers_the_same(part: str) -> None:
    """A map is read and written at a key of its types, and refuses any other and any loop; a register is a record."""
    shape, known, terms = MachineState.shapes()[part], STATE, TERMS
    for name in part.split("."):
        known, terms = getattr(known, name), getattr(terms, name)
    if not isinstance(shape, MapShape):
        assert type(known) is type(terms) is shape
        return
    assert isinstance(known, Map)
    assert isinstance(terms, Map)
    assert offered(shape) == ["reset", "set"]
    key, record = tuple(some(k) for k in shape.keys), shape.record.default()
    symbols = tuple(unknown(k) for k in shape.keys)
    assert type(known[key]) is type(terms[symbols]) is shape.record
    for value, at in ((known, key), (terms, symbols)):
        assert isinstance(value.set(at, record), Map)
        assert isinstance(value.reset(lambda *_: True), Map)
        for wrong in (
            lambda v=value: v[True, True, True],
            lambda v=value: v.set(v, v),
            lambda v=value: list(v),
            lambda v=value: 1 in v,
        ):
            with pytest.raises((TypeError, AttributeError)):
                wrong()


def test_a_state_offers_the_same() -> None:
    """Parts, `put` and `replace`; what is not the policy's is refused alike."""
    declared = {row.name for row in VALUES if row.of == "state"}
    assert set(offered(MachineState)) == declared | set(MachineState.shapes()) | set(MachineState.inner_states())
    for state in (STATE, TERMS):
        assert isinstance(state.put("vm", surface.Vm(1), surface.VmRecord()), State)
        for name in MachineState.refusals():
            with pytest.raises(TypeError):
                state.replace(**{name: None})
        with pytest.raises(KeyError):
            state.put("nothing", surface.Vm(1), surface.VmRecord())


def test_truth_values_are_joined_alike() -> None:
    """`&`, `|`, `==`, `!=` and `not` of truth values, known or not, are truth values; each is one of two on each path."""
    for path in explore(lambda: not argument(bool, "t")):
        assert path.value is True or path.value is False
    unsure = argument(bool, "t")
    found = [unsure & True, True & unsure, unsure | False, False | unsure, unsure == (not False), unsure != argument(bool, "u")]
    assert {kind_of(value) for value in found} == {bool}


def test_what_the_engine_has_of_its_own_is_offered_nobody() -> None:
    """No attribute of a term, a symbolic map, a word or a state that begins elsewhere is among what a policy may name."""
    mine = {"raw", "of", "is_concrete", "term", "points", "edits", "made", "origin", "shape", "items"}
    for kind in [*WORDS, *RECORDS, *MachineState.shapes().values(), MachineState, *(Class(t) for t in (*WORDS, *RECORDS))]:
        assert not mine & set(offered(kind))
    assert offered(Class(Word)) == ["last"]
    assert not {"members", "is_named", "names"} & set(offered(Class(Choice)))
    assert isinstance(word_node(unknown(surface.Vm)), Node)
    with pytest.raises(Leak):
        int(unknown(surface.Vm))
