"""Promises and lemmas apart: no theorem cites what reads bookkeeping, but for what a table says with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from proofs.engine.instances import formula
from proofs.engine.maps import argument, symbolic_state
from proofs.engine.terms import Node
from proofs.statements import CATALOGUE, Kind, Statement, Theorem, state
from proofs.theorems.requirements.books import OF_BOOKS
from pymodel.hardware.ids import Frame
from pymodel.language.outcomes import Reason
from pymodel.language.state import BOOKKEEPING
from pymodel.language.truth import implies
from pymodel.machine import Hypervisor, MachineState, steps
from tests.kept import kept

#: Every field that the hypervisor notes for itself.
BOOKS = frozenset(
    f"{part}.{name}"
    for part in MachineState.shapes()
    for name, whose in MachineState.record_of(part).default().owners().items()
    if whose is BOOKKEEPING
)
AFTER = "after!"
#: Lemmas that read no bookkeeping, each with the reason why nobody is promised it.
NO_BOOKKEEPING = {
    "no_more_vfs_are_asked_for_than_there_are": "a register that asks for too much does nothing until VF Enable is set"
}


def fields_in(root: Node) -> set[str]:
    """Return the fields of the state that a formula reads, before or after a step."""
    found, seen, todo = set[str](), set[int](), [root]
    while todo:
        n = todo.pop()
        if n.number not in seen:
            seen.add(n.number)
            todo += n.args
            found |= {n.data.removeprefix(AFTER)} if n.op == "app" else set()
    return found


@pytest.fixture
@kept
def states() -> tuple[Any, Any]:
    """Return two arbitrary states: one before a step and one after it."""
    return symbolic_state(MachineState), symbolic_state(MachineState, AFTER)


def formulas_of(st: Statement, states: tuple[Any, Any]) -> Iterator[Node]:
    """Yield the formulas that a statement makes: of one state, or of each step, or of each reason for which it may be refused."""
    before, after = states
    keys = [argument(kind, f"key!{name}") for name, kind in st.params.items()]
    if st.of_one_state:
        yield formula(st.function, before, *keys)[0]
        return
    for step in steps(Hypervisor()):
        given = {name: argument(kind, f"arg!{name}") for name, kind in step.params.items()}
        outcomes = [after] if st.kind == Kind.STEP else [Reason.of(n) for n in range(len(Reason.names))]
        for outcome in outcomes if st.kind != Kind.ANSWER else []:
            yield formula(st.function, before, step.name, given, outcome, *keys)[0]


def books_of(st: Statement, states: tuple[Any, Any]) -> set[str]:
    """Return the bookkeeping that a statement reads."""
    return {name for one in formulas_of(st, states) for name in fields_in(one) & BOOKS}


def cited() -> set[str]:
    """Return the names of the statements that a theorem cites."""
    return {clause for theorem in CATALOGUE.theorems.values() for clause in theorem.clauses}


def test_a_promise_reads_no_bookkeeping(states: tuple[Any, Any]) -> None:
    """What a theorem cites reads none, but for what a table says with its reason; no reason is there for nothing."""
    reading = {name for name in cited() if books_of(CATALOGUE.statements[name], states)}
    assert reading <= {name for names in OF_BOOKS.values() for name in names}
    for reason, names in OF_BOOKS.items():
        assert len(reason.split()) > 6
        assert set(names) <= cited()
        assert reading & set(names), reason


def test_a_lemma_is_about_bookkeeping(states: tuple[Any, Any]) -> None:
    """What no theorem cites is an invariant, and says how the books are kept; or there is a reason why nobody is promised it."""
    assert CATALOGUE.statements.keys() - cited() == CATALOGUE.lemmas
    assert {name for name in CATALOGUE.lemmas if not books_of(CATALOGUE.statements[name], states)} == NO_BOOKKEEPING.keys()


def test_what_reads_the_books_is_seen(states: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A theorem that cites a statement about what is noted of a frame, in one state or by a step, is found."""
    monkeypatch.setattr(CATALOGUE, "statements", CATALOGUE.statements.copy())
    monkeypatch.setattr(CATALOGUE, "theorems", CATALOGUE.theorems.copy())

    @state
    def a_free_frame_is_clean(s: MachineState, p: Frame) -> bool:
        return implies(s.frame[p].kind == 1, s.frame[p].clean)

    CATALOGUE.theorem(Theorem("XXX-1", "system", "Free frames are clean.", (a_free_frame_is_clean.__name__,)))
    assert books_of(CATALOGUE.statements[a_free_frame_is_clean.__name__], states) == {"frame.clean"}
    with pytest.raises(AssertionError):
        test_a_promise_reads_no_bookkeeping(states)
