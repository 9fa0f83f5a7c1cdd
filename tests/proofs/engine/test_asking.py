"""What is asked, of whom, and what is made of the answers: nothing that was not answered counts as an answer."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proofs.engine import induction
from proofs.engine.decisions import decisions, under_contracts
from proofs.engine.induction import Induction, Limits
from proofs.engine.instances import Instances
from proofs.engine.maps import SymbolicMap, field_node, symbolic_state, truth_node
from proofs.engine.paths import Unsupported, summarise
from proofs.engine.query import FIRST, NOT_PURSUED, REST, ROUGH, Query
from proofs.engine.solvers import crosscheck, solver
from proofs.engine.terms import Node, conj, neg, variable
from proofs.policies.policy_statements import statements_of
from proofs.statements import CATALOGUE, Kind, describe
from proofs.verdicts import Obligation
from pymodel.hardware.ids import Frame
from pymodel.hypervisor.memory import FrameRecord
from pymodel.language.steps import operation, steps_of
from pymodel.language.truth import Truth
from pymodel.machine import Hypervisor, steps
from tests.places import ROOT
from tests.proofs.engine.test_small_systems import (
    DECISIONS,
    Deciding,
    Num,
    Ref,
    Row,
    Shed,
    clear,
    only_the_cell_named_changes,
    plain,
    policy,
    put,
    refused_if,
    refused_only_if_full,
    system,
    value_is_even,
    value_is_small,
    when,
)

RIGHT = Row("right", value_is_small, lambda s, r, _q, n: when(n < 100, put(s, r, value=n), s), True)
WRONG = Row("wrong", value_is_small, lambda s, r, _q, n: put(s, r, value=n), False)


def asked(row: Row, answers: dict[str, str], monkeypatch: pytest.MonkeyPatch, smt2: Path | None = None) -> Obligation:
    """Return the obligation of a row, decided by z3 (if it is named) and by others whose answers are given."""
    seen: dict[str, str] = {}

    def decide(name: str, text: str, _rlimit: int) -> str:
        seen[name] = text
        return answers[name]

    monkeypatch.setattr(crosscheck, "decide", decide)
    limits = Limits(rlimit=4_000_000, solvers=tuple(answers), smt2=smt2)
    decide_all = Induction(system(row.step), [describe(row.stated, Kind.STATE)], [], limits)
    (found,) = decide_all.step(steps_of(decide_all.policy)[0])
    assert all("(check-sat)" in text for text in seen.values())
    assert set(seen) == set(answers) - {"z3"}
    return found


@pytest.mark.parametrize(
    ("row", "answers", "verdict", "told"),
    [
        (RIGHT, {"z3": "", "cvc5": "unsat"}, "proved", {"z3": "unsat", "cvc5": "unsat"}),
        (RIGHT, {"z3": "", "cvc5": "unknown"}, "proved", {"z3": "unsat", "cvc5": "unknown"}),
        (RIGHT, {"z3": "", "cvc5": "sat"}, "disagreement", {"z3": "unsat", "cvc5": "sat"}),
        (
            RIGHT,
            {"z3": "", "cvc5": "unsat", "bitwuzla": "sat"},
            "disagreement",
            {"z3": "unsat", "cvc5": "unsat", "bitwuzla": "sat"},
        ),
        (RIGHT, {"cvc5": "unsat"}, "proved", {"z3": "unsat", "cvc5": "unsat"}),
        (RIGHT, {"cvc5": "unknown"}, "unknown", {"z3": "unsat", "cvc5": "unknown"}),
        (RIGHT, {"cvc5": "sat"}, "disagreement", {"z3": "unsat", "cvc5": "sat"}),
        (WRONG, {"z3": "", "cvc5": "sat"}, "cti", {"z3": "sat", "cvc5": "sat"}),
        (WRONG, {"cvc5": "sat"}, "cti", {"z3": "sat", "cvc5": "sat"}),
        (WRONG, {"z3": "", "cvc5": "unsat"}, "disagreement", {"z3": "sat", "cvc5": "unsat"}),
    ],
)
def test_every_solver_that_is_asked_counts(
    row: Row, answers: dict[str, str], verdict: str, told: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that know and differ are a disagreement; where z3 is not to decide, the other has the say; what each said is kept."""
    found = asked(row, answers, monkeypatch)
    assert (str(found.verdict), found.solvers) == (verdict, told)
    assert found.digest


def test_what_one_solver_left_open_on_one_path_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a later path it may know: what is kept is that it did not know everything."""
    row = Row("two", value_is_small, lambda s, r, q, n: when(n < 100, put(s, r, value=n), put(s, q, value=Num(7))), True)
    told = iter(["unknown", "unsat", "unsat"])
    monkeypatch.setattr(crosscheck, "decide", lambda *_: next(told))
    decide = Induction(system(row.step), [describe(row.stated, Kind.STATE)], [], Limits(rlimit=4_000_000, solvers=("z3", "cvc5")))
    (found,) = decide.step(steps_of(decide.policy)[0])
    assert (str(found.verdict), found.solvers) == ("proved", {"z3": "unsat", "cvc5": "unknown"})


def test_what_was_asked_is_written_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each question has a file of its own, and the digest is made of all of them."""
    row = Row("two", value_is_small, lambda s, r, q, n: when(n < 100, put(s, r, value=n), put(s, q, value=Num(7))), True)
    two, one = (asked(x, {"z3": ""}, monkeypatch, tmp_path) for x in (row, RIGHT))
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == [f"move.value_is_small.{n}.smt2" for n in range(3)]
    assert all("unsat proves it" in path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
    assert two.digest != one.digest
    assert asked(RIGHT, {"z3": ""}, monkeypatch).digest == ""


@pytest.mark.parametrize("row", [RIGHT, WRONG])
def test_what_is_given_up_is_not_decided(row: Row) -> None:
    """From then on a model is not pursued: nothing is proved by that, and nothing refuted."""
    decide = Induction(system(row.step), [describe(row.stated, Kind.STATE)], [], Limits(rlimit=4_000_000))
    decide.given_up = lambda: True
    found = {o.statement: (str(o.verdict), NOT_PURSUED in o.where) for o in decide.step(steps_of(decide.policy)[0])}
    assert found == {"value_is_small": ("proved", False) if row.holds else ("unknown", True)}


@pytest.mark.parametrize("row", [RIGHT, WRONG])
def test_what_little_effort_does_not_prove_is_open(row: Row) -> None:
    """A proof counts, however it was found; a model with few instances is no counterexample."""
    decide = Induction(system(row.step), [describe(row.stated, Kind.STATE)], [], Limits(rlimit=4_000_000))
    step, (stated,) = steps_of(decide.policy)[0], decide.statements
    run = decide.explored(step)
    found = decide.obligation(step, run.arguments, run.about(stated), stated, ROUGH)
    assert (str(found.verdict), NOT_PURSUED in found.where) == (("proved", False) if row.holds else ("unknown", True))
    assert decide.scout(step) == ([] if row.holds else ["value_is_small"])


def test_refusals_are_asked_of_the_policys_own_decisions() -> None:
    """Where a step asks no decision all is decided once; what it refuses says nothing of arbitrary ones."""
    row = Row("", value_is_small, lambda s, r, _q, n: when(n < 100, put(s, r, value=n), s), True)
    about = [describe(only_the_cell_named_changes, Kind.STEP), describe(refused_only_if_full, Kind.REFUSAL)]
    decide = Induction(system(row.step), [describe(row.stated, Kind.STATE)], [], Limits(rlimit=4_000_000), about)
    own = decide.explored(steps_of(decide.policy)[0])
    found = {o.statement: o.arbitrary and plain(o.arbitrary) for o in decide.decided(own, own, {})}
    assert found == {"value_is_small": "proved", "only_the_cell_named_changes": "proved", "refused_only_if_full": None}


def test_refusals_are_asked_where_decisions_are_arbitrary_too() -> None:
    """What is proved of arbitrary decisions leaves out refusals; they are decided of the policy's own beside it."""
    kind = policy(Deciding, DECISIONS["stricter"][0])
    refusals = [describe(refused_only_if_full, Kind.REFUSAL)]
    decide = Induction(kind, [describe(value_is_small, Kind.STATE)], [], Limits(rlimit=4_000_000), refusals)
    own = decide.explored(steps_of(kind)[0])
    general = decide.explored(steps_of(under_contracts(kind, {"accepts"}, decide.before))[0])
    found = {o.statement: o.arbitrary and plain(o.arbitrary) for o in decide.decided(own, general, {})}
    assert found == {"value_is_small": "proved", "refused_only_if_full": None}


def test_what_does_not_hold_before_the_step_is_no_counterexample(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model says that it does; run, it holds neither before nor after: solver and model disagree."""
    really = Induction.concretise

    def false(self: Any, out: Any, query: Any, tr: Any, arguments: Any, st: Any) -> None:
        really(self, out, query, tr, arguments, replace(st, function=lambda *_: False))

    monkeypatch.setattr(Induction, "concretise", false)
    decide = Induction(system(WRONG.step), [describe(WRONG.stated, Kind.STATE)], [], Limits(rlimit=4_000_000))
    assert str(decide.step(steps_of(decide.policy)[0])[0].verdict) == "disagreement"


class Within(Deciding):
    """Asks the decision in the predicate of a reset, which is run by itself."""

    @operation
    def move(self, s: Shed, r: Ref, q: Ref, n: Num) -> Shed:
        """Empty what is accepted."""
        del r, q
        return clear(s, lambda _k, _c: self.accepts(s, n))  # type: ignore[no-any-return]


def test_a_decision_that_is_asked_in_a_predicate_is_not_followed() -> None:
    """What its contract lets it answer would be assumed where nobody sees it: nothing is said of such a step."""
    kind = policy(Within, DECISIONS["stricter"][0])
    decide = Induction(kind, [describe(value_is_small, Kind.STATE)], [], Limits(rlimit=4_000_000))
    general = decide.explored(steps_of(under_contracts(kind, {"accepts"}, decide.before))[0])
    assert "accepts is asked inside a function that is summarised" in general.why
    assert [str(o.verdict) for o in decide.step(general, general=True)] == ["unknown"]


def test_a_question_that_is_given_up_is_open() -> None:
    """The first model ends it."""
    query = Query(Instances([], Shed, symbolic_state(Shed)), [variable("p", 0)], [])
    query.given_up = lambda: True
    assert (query.decide(1_000_000, FIRST), query.reason) == ("unknown", NOT_PURSUED)


def test_every_way_of_asking_is_tried_before_a_question_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of the solver's ways, at each share of the limit; only what is rough is asked one way."""
    asked: list[tuple[int, str]] = []

    def refine(_self: Query, rlimit: int, flavour: str, _seed: int) -> str:
        asked.append((rlimit, flavour))
        return "unknown"

    monkeypatch.setattr(Query, "_refine", refine)
    query = Query(Instances([], Shed, symbolic_state(Shed)), [variable("p", 0)], [])
    ways = ("QF_UFBV", "smt")
    for effort, shares, flavours in ((FIRST, (50,), ways), (REST, (100, 200, 800), ways), (ROUGH, (12,), ways[:1])):
        asked.clear()
        assert query.decide(800, effort) == "unknown"
        assert asked == [(share, flavour) for share in shares for flavour in flavours]


def test_a_refusal_that_the_run_explains_is_no_counterexample(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model says that it is for no reason; run, it is for a good one: solver and model disagree."""
    row = Row("", refused_only_if_full, lambda s, _r, _q, n: when(n == 3, refused_if(s, n == 3), s), False)
    really = Induction.concretise

    def verdict() -> str:
        decide = Induction(system(row.step), [], [], Limits(rlimit=4_000_000), [describe(row.stated, Kind.REFUSAL)])
        return str(decide.step(steps_of(decide.policy)[0])[0].verdict)

    def explained(self: Any, out: Any, query: Any, tr: Any, arguments: Any, st: Any) -> None:
        really(self, out, query, tr, arguments, replace(st, function=lambda *_: True))

    assert verdict() == "cti"
    monkeypatch.setattr(Induction, "concretise", explained)
    assert verdict() == "disagreement"


def test_what_holds_under_every_decision_says_so() -> None:
    """Each obligation has what was found under arbitrary decisions, also where that is all that was decided."""
    kind = policy(Deciding, DECISIONS["stricter"][0])
    decide = Induction(kind, [describe(f, Kind.STATE) for f in (value_is_small, value_is_even)], [], Limits(rlimit=4_000_000))
    own = decide.explored(steps_of(kind)[0])
    general = decide.explored(steps_of(under_contracts(kind, {"accepts"}, decide.before))[0])
    found = {o.statement: (str(o.verdict), str(o.arbitrary)) for o in decide.decided(own, general, {})}
    assert found == {"value_is_small": ("proved", "proved"), "value_is_even": ("cti", "cti")}
    alone = Induction(kind, [describe(value_is_small, Kind.STATE)], [], Limits(rlimit=4_000_000))
    own = alone.explored(steps_of(kind)[0])
    general = alone.explored(steps_of(under_contracts(kind, {"accepts"}, alone.before))[0])
    assert [(str(o.verdict), str(o.arbitrary)) for o in alone.decided(own, general, {})] == [("proved", "proved")]


def test_a_summary_accounts_for_every_answer() -> None:
    """A function that asks less when it is run again depends on something hidden: what its runs say is not all that it does."""
    calls: list[int] = []
    p = variable("p", 0)

    def forgetful() -> bool:
        calls.append(1)
        return bool(truth(p)) if len(calls) == 1 else True

    with pytest.raises(Unsupported, match="are all that it can do"):
        summarise(forgetful)


@pytest.mark.parametrize("side", [True, False])
def test_a_summary_accounts_for_every_answer_on_either_side(side: bool) -> None:
    """So too where it forgets a question only after one answer to another."""
    calls: list[int] = []
    p, q = (variable(name, 0) for name in "pq")

    def forgetful() -> bool:
        if bool(truth(p)) is not side:
            return True
        calls.append(1)
        return bool(truth(q)) if len(calls) == 1 else True

    with pytest.raises(Unsupported, match="are all that it can do"):
        summarise(forgetful)


def truth(n: Node) -> Any:
    """Return a truth value of a term."""
    return Truth(n)


def test_what_is_assumed_of_platforms_is_assumed() -> None:
    """The axioms are among what every question of the machine may use, and are asked of no step."""
    decide = Induction(Hypervisor(), [], [], Limits())
    assert [st.name for st in decide.hypotheses] == list(CATALOGUE.axioms)
    assert Induction(system(RIGHT.step), [], [], Limits()).hypotheses == []


def test_at_power_on_the_platform_is_any_and_the_rest_has_its_defaults() -> None:
    """What the platform is, and what is said to be arbitrary, is so; no other part is."""
    decide = Induction(Hypervisor(), [], [], Limits())
    begin = decide.power_on({"memory", "iommu"})
    parts = {name: getattr(begin, name) for name in decide.kind.shapes()}
    arbitrary = {name for name, part in parts.items() if is_arbitrary(part)}
    assert arbitrary == {"memory", "iommu"} | {name for name in decide.kind.shapes() if name.startswith("platform.")}
    assert begin.frame[Frame(3)] == FrameRecord()


def is_arbitrary(part: Any) -> bool:
    """Say whether a map is unknown everywhere, or a record in every field."""
    if isinstance(part, SymbolicMap):
        return part.base is None
    return all(field_node(t, part.__dict__[name]).op == "var" for name, t in part.fields().items())


class NoHints:
    """Knows of nothing what sufficed for it."""

    def at(self, *_: object) -> None:
        """Have no hint."""


@pytest.mark.parametrize(
    "name", ["share", "attach", "load", "enumerate_vf", "search_begin", "tlb_fill", "link_table", "iotlb_fill"]
)
def test_a_proof_is_found_without_a_hint(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of the reference are proved by the instances that their own reads call for."""
    monkeypatch.setattr(induction, "recorded", NoHints)
    invariants, about, _ = statements_of(Hypervisor())
    decide = Induction(Hypervisor(), invariants, [], Limits(), about)
    step = next(t for t in steps(Hypervisor()) if t.name == name)
    assert {o.statement: str(o.verdict) for o in decide.step(step) if not o.holds} == {}


@pytest.mark.parametrize("name", ["boot_fill", "context_after_detach", "may_attach", "is_flushed"])
def test_any_answer_that_a_contract_allows_is_tried(name: str) -> None:
    """Answers are truth values, names and records; what each step does under them is followed."""
    known = decisions(Hypervisor())
    decide = Induction(Hypervisor(), [], [], Limits())
    general = steps_of(under_contracts(Hypervisor(), {name}, decide.before))
    met = {asked: value for t in general for path in decide.explored(t).paths for asked, value in path.answers}
    assert set(met) == {name}
    answer = known[name].answer
    assert isinstance(met[name], Truth if answer is bool else answer)


FORGET = """
from proofs.engine.maps import symbolic_state
from proofs.engine.solvers import solver
from proofs.engine.terms import FALSE, TRUE, const, neg, variable
from pymodel.machine import MachineState
symbolic_state(MachineState)
solver.forget()
new = [variable(f"x{n}", 0) for n in range(5)]
assert const(1, 0) is TRUE and const(0, 0) is FALSE and neg(TRUE) is FALSE
assert len({n.number for n in (TRUE, FALSE, *new)}) == 7
assert variable("x1", 0) is new[1]
"""


def test_the_truth_values_are_never_forgotten() -> None:
    """Where terms are dropped those two stay, and no other term gets their numbers; tried in a process of its own."""
    subprocess.run([sys.executable, "-c", FORGET], check=True, cwd=ROOT)  # noqa: S603 - our own text


def test_a_reset_that_no_run_does_is_seen_at_every_point() -> None:
    """The map after a reset is empty wherever the predicate holds, and the solver knows it."""
    s = symbolic_state(Shed)
    r, q = (Ref.of(variable(name, 8)) for name in ("r", "q"))
    after = clear(s, lambda k, _c: k == r)
    same = truth_node(after.cell[q].value == s.cell[q].value)
    for parts, answer in (([same], "sat"), ([neg(same), neg(truth_node(q == r))], "unsat"), ([neg(same)], "sat")):
        session = solver.Session()
        session.add([conj(parts)])
        assert session.check(1_000_000) == answer
