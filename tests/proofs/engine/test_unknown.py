"""A solver that does not know: no branch is dropped, and nothing is proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.engine.induction import Induction, Limits
from proofs.engine.solvers import solver
from proofs.engine.terms import FALSE
from proofs.policies.policy_statements import statements_of
from pymodel.hardware.ids import Frame, Vm
from pymodel.hypervisor.grants import PinRecord
from pymodel.hypervisor.ids import Pin
from pymodel.language.steps import Transition, operation
from pymodel.machine import Hypervisor, MachineState, steps
from tests.proofs.engine.test_engine import PROGRAMS, SEEDS, Tree, Val, difference, inputs, symbolic, within_limit


@contextmanager
def unknown_at(when: Callable[[int], bool]) -> Iterator[list[int]]:
    """Make the solver answer `unknown` at some of its answers, counted from 0; yields the numbers of all that were asked."""
    asked: list[int] = []
    real = solver.Session.check

    def check(session: solver.Session, rlimit: int) -> str:
        asked.append(len(asked))
        if not when(asked[-1]):
            return real(session, rlimit)
        session.reason, session.cost = "made to be unknown", 0
        return "unknown"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solver.Session, "check", check)
        yield asked


@settings(deadline=None, max_examples=30)
@given(program=PROGRAMS, seed=SEEDS, at=st.integers(0, 12), on=st.booleans())
def test_no_branch_is_dropped_by_an_unknown(program: Tree, seed: int, at: int, on: bool) -> None:
    """If the solver does not know at some branch, or from there on, every input still has its one path."""
    with unknown_at(lambda n: n == at or (on and n > at)):
        cases = within_limit(program, feasible=solver.feasible, free=0)
    assert not [text for one in inputs(seed) if (text := difference(program, cases, one))]


def test_an_unknown_at_any_branch_in_turn_keeps_every_path() -> None:
    """With branches that imply one another, each unknown leaves at least the paths that a solver leaves who knows."""
    nested: Tree = ("when", ("<", ("name", "v"), ("constant", Val(3))), (("crash",),), (("refuse",),))
    again: Tree = ("when", (">", ("name", "v"), ("constant", Val(2))), (("crash",),), ())
    program: Tree = (("when", ("<", ("name", "v"), ("constant", Val(2))), (nested,), (again, nested)),)
    with unknown_at(lambda _: False) as asked:
        known = {case.condition.number for case in symbolic(program, feasible=solver.feasible, free=0)}
    every = {case.condition.number for case in symbolic(program)}
    assert (len(known), len(every), len(asked)) == (3, 5, 8)
    for at in asked:
        with unknown_at(lambda n, at=at: n == at):  # type: ignore[misc]
            found = {case.condition.number for case in symbolic(program, feasible=solver.feasible, free=0)}
        assert known <= found <= every


class Loose(Hypervisor):
    """Pins without asking whether the pin is in use, or whose frame it is."""

    @operation
    def pin(self, s: MachineState, caller: Vm, pin: Pin, frame: Frame) -> MachineState:
        """Record the pin and forget the count."""
        del caller
        return s.put("pin", pin, PinRecord(live=True, frame=frame))


#: The statements that pinning is asked about, and no others, since each is asked again for each answer made unknown.
ASKED = ("a_reference_is_in_its_list", "a_pin_holds_its_frame", "only_the_rightful_caller_succeeds")


def verdicts(policy: Hypervisor, step: str) -> dict[str, str]:
    """Return the verdict of each obligation of a step about what pinning touches."""
    invariants, about_steps, assumed = statements_of(policy)
    goals = [s for s in invariants if s.name in ASKED]
    others = [*(s for s, _ in assumed), *(s for s in invariants if s.name not in ASKED)]
    found = Induction(policy, goals, others, Limits(), [s for s in about_steps if s.name in ASKED]).step(step_of(policy, step))
    return {o.statement: o.verdict for o in found}


def step_of(policy: Hypervisor, name: str) -> Transition:
    """Return one of the steps of the machine."""
    return next(t for t in steps(policy) if t.name == name)


RIGHT = {
    Hypervisor: dict.fromkeys(ASKED, "proved"),
    Loose: dict(zip(ASKED, ("framed", "cti", "cti"), strict=True)),
}


@pytest.mark.parametrize("kind", [Hypervisor, Loose])
@pytest.mark.parametrize("on", [False, True], ids=["once", "from there on"])
def test_no_unknown_makes_an_obligation_proved(kind: type[Hypervisor], on: bool) -> None:
    """At each of the first answers in turn: a verdict is right, or unknown; and what is asked again is proved again."""
    for at in range(3 if kind is Hypervisor else 2):
        with unknown_at(lambda n, at=at: n == at or (on and n > at)):  # type: ignore[misc]
            found = verdicts(kind(), "pin")
        assert found == {name: "unknown" if found[name] == "unknown" else right for name, right in RIGHT[kind].items()}
        if on or kind is Hypervisor:
            assert ("unknown" in found.values()) == on


def test_the_pinning_policies_are_told_apart() -> None:
    """The twin: with a solver that answers, the right one is proved and the wrong one is not."""
    assert verdicts(Hypervisor(), "pin") == RIGHT[Hypervisor]
    assert "cti" in verdicts(Loose(), "pin").values()


@pytest.mark.parametrize("kind", [Hypervisor, Loose])
def test_what_is_never_known_is_unknown(kind: type[Hypervisor]) -> None:
    """If the solver knows nothing, nothing is proved: not even that the paths of a step are all that it does."""
    with unknown_at(lambda _: True):
        found = verdicts(kind(), "pin")
    assert found == dict.fromkeys(ASKED, "unknown")


def test_a_limit_that_is_spent_leaves_the_question_open() -> None:
    """Nothing is asked with no units left, and nothing is known then, but why."""
    session = solver.Session()
    session.add([FALSE])
    assert [session.check(0), session.reason, session.cost] == ["unknown", "z3 stopped: the limit is spent", 0]
    assert session.check(solver.RLIMIT) == "unsat"
