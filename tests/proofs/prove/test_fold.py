"""A theorem's verdict is a fold over everything that was to be decided: what is missing, failed or undecided is never dropped."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import cache
from random import Random

import pytest

from proofs.prove.prove import gather
from proofs.prove.step_prover import Setup, StepProver
from proofs.prove.tasks import EVERY_STATE, POWER_ON, Evidence, all_tasks
from proofs.theorems import CATALOGUE
from proofs.theorems.witnesses import WITNESSES
from proofs.traces import Trace
from proofs.verdicts import Obligation, ObligationVerdict, ProveReport, Seen

PROVED, FRAMED, CTI = ObligationVerdict.PROVED, ObligationVerdict.FRAMED, ObligationVerdict.CTI
UNKNOWN, DISAGREEMENT = ObligationVerdict.UNKNOWN, ObligationVerdict.DISAGREEMENT


@cache
def counted() -> Evidence:
    """Return what is to be decided of the reference."""
    out, prover = Evidence(), StepProver(Setup("reference", 1))
    out.count(prover, all_tasks(prover.own))
    return out


def complete() -> Evidence:
    """Return evidence in which all that was to be decided was proved; what one test does to it no other sees."""
    out = copy(all_proved())
    out.steps, out.contracts, out.missing = dict(out.steps), list(out.contracts), {}
    return out


@cache
def all_proved() -> Evidence:
    """Return that evidence, made once."""
    out, asked = Evidence(), counted()
    out.asked, out.decisions, out.given, out.of_success = asked.asked, asked.decisions, asked.given, asked.of_success
    for step, names in asked.asked.items():
        both = {n: PROVED if n in asked.of_success and step not in (POWER_ON, EVERY_STATE) else None for n in names}
        out.steps[step] = [Obligation(step, n, PROVED, relies_on=(n,), arbitrary=both[n]) for n in names]
    out.contracts = [Obligation(step, contract, PROVED) for step, contract in asked.decisions.items()]
    out.seen = Seen({theorem: [text for text, _ in cases] for theorem, cases in WITNESSES.items()})
    return out


def verdicts(evidence: Evidence) -> dict[str, str]:
    """Return the verdict on each theorem."""
    report = ProveReport("reference", "", "")
    gather(report, list(CATALOGUE.theorems.values()), evidence)
    return {result.id: result.verdict for result in report.theorems}


def test_a_step_that_does_something_else_is_a_disagreement() -> None:
    """Where a run contradicts what was proved of a step, all that rests on the step is told so, and POL-1 too."""
    evidence = complete()
    evidence.seen = replace(evidence.seen, differs={"pin": "pin: it leaves pin[0x1] as its path does not say"})
    found = verdicts(evidence)
    assert {found["MEM-2"], found["AUT-1"], found["POL-1"]} == {"disagreement"}
    assert found["POL-2"] == "proved"


#: What each theorem is when nothing is wrong, and the theorems of each statement.
RIGHT = {
    theorem.id: "open" if theorem.open or not says else "proved"
    for theorem in CATALOGUE.theorems.values()
    for says in [theorem.clauses or theorem.id in ("POL-1", "POL-2")]
}
CITING: dict[str, list[str]] = {}
for _theorem in CATALOGUE.theorems.values():
    for _clause in _theorem.clauses:
        CITING.setdefault(_clause, []).append(_theorem.id)


def pairs() -> list[tuple[str, str]]:
    """Return some of what is to be decided: of each kind a few."""
    random, asked = Random(7), counted().asked  # noqa: S311 - the same each time
    every = [(step, name) for step, names in asked.items() for name in names if name in CITING]
    some = [pair for kind in (POWER_ON, EVERY_STATE) for pair in random.sample([p for p in every if p[0] == kind], 1)]
    return some + random.sample(every, 5)


def without(evidence: Evidence, pair: tuple[str, str]) -> None:
    """Lose an obligation."""
    evidence.steps[pair[0]] = [o for o in evidence.steps[pair[0]] if o.statement != pair[1]]


def turned(verdict: ObligationVerdict) -> Callable[[Evidence, tuple[str, str]], None]:
    """Return what gives an obligation another verdict."""

    def turn(evidence: Evidence, pair: tuple[str, str]) -> None:
        found = evidence.steps[pair[0]]
        evidence.steps[pair[0]] = [replace(o, verdict=verdict) if o.statement == pair[1] else o for o in found]

    return turn


def test_what_is_all_proved_is_proved() -> None:
    """The control: with everything decided each theorem is what it should be."""
    assert verdicts(complete()) == RIGHT


@pytest.mark.parametrize(
    ("spoil", "becomes"),
    [
        (without, "unknown"),
        (turned(UNKNOWN), "unknown"),
        (turned(CTI), "not-inductive"),
        (turned(DISAGREEMENT), "disagreement"),
    ],
    ids=["lost", "unknown", "cti", "disagreement"],
)
def test_one_pair_that_is_not_proved_is_enough(spoil: Callable[[Evidence, tuple[str, str]], None], becomes: str) -> None:
    """Whichever step and statement it is, the theorems that cite the statement are not proved."""
    for pair in pairs():
        evidence = complete()
        spoil(evidence, pair)
        found = verdicts(evidence)
        assert {found[theorem] for theorem in CITING[pair[1]]} == {becomes}, pair


def test_what_a_proof_rests_on_must_be_decided_too() -> None:
    """A theorem is not proved if what it relies on, at any remove, was decided by nobody, or is no statement at all."""
    evidence = complete()
    evidence.steps[EVERY_STATE] = [replace(o, relies_on=(*o.relies_on, "nobody_states_this")) for o in evidence.steps[EVERY_STATE]]
    first, *others = evidence.steps["pin"]
    evidence.steps["pin"] = [replace(first, relies_on=("no_table_is_mapped",)), *others]
    found = verdicts(evidence)
    assert {found[theorem] for theorem in CITING[first.statement]} == {"unknown"}


def test_a_task_of_which_nothing_came_is_not_forgotten() -> None:
    """Neither a step without obligations nor one that was not reached leaves a theorem proved."""
    evidence = complete()
    del evidence.steps["pin"]
    found = verdicts(evidence)
    assert {found[theorem] for name in counted().asked["pin"] for theorem in CITING.get(name, ())} == {"unknown"}
    evidence = complete()
    evidence.missing["pin"] = "not reached"
    proved = {theorem for theorem, verdict in verdicts(evidence).items() if verdict == "proved"}
    assert proved == {"POL-2"}, "it is about contracts alone"


@pytest.mark.parametrize("verdict", [None, UNKNOWN, CTI])
def test_pol_1_needs_every_step_under_arbitrary_decisions(verdict: ObligationVerdict | None) -> None:
    """An obligation that holds of the policy's own decisions, and not of all that their contracts allow, is one of POL-1's."""
    for pair in [p for p in pairs() if p[0] not in (POWER_ON, EVERY_STATE) and p[1] in counted().of_success]:
        evidence = complete()
        found = evidence.steps[pair[0]]
        evidence.steps[pair[0]] = [replace(o, arbitrary=verdict) if o.statement == pair[1] else o for o in found]
        changed = RIGHT | {"POL-1": "not-inductive" if verdict == CTI else "unknown"}
        assert verdicts(evidence) == changed, pair


def test_pol_2_needs_every_contract() -> None:
    """A decision whose contract was not decided, or is broken, leaves neither theorem about decisions proved."""
    for spoilt in ([], [CTI], [UNKNOWN]):
        evidence = complete()
        evidence.contracts[:1] = [replace(evidence.contracts[0], verdict=verdict) for verdict in spoilt]
        found = verdicts(evidence)
        assert found["POL-2"] != "proved"
        assert found["POL-1"] != "proved"


OWN = "the_policys_own"


def with_an_own_invariant(otherwise: ObligationVerdict) -> Evidence:
    """Return evidence with an invariant of the policy's own, of which one step is known so much where decisions are arbitrary."""
    evidence = complete()
    evidence.own, evidence.of_success = {OWN}, {*evidence.of_success, OWN}
    evidence.asked = {step: [*names, OWN] for step, names in evidence.asked.items() if step != EVERY_STATE}
    evidence.asked[EVERY_STATE] = counted().asked[EVERY_STATE]
    for step in evidence.asked.keys() - {EVERY_STATE}:
        verdict = otherwise if step == "attach" else PROVED
        evidence.steps[step] = [*evidence.steps[step], Obligation(step, OWN, PROVED, relies_on=(OWN,), arbitrary=verdict)]
    return evidence


def resting_on_it(evidence: Evidence, step: str, statement: str) -> None:
    """Let what a step, or every state, keeps rest on the policy's own invariant."""
    evidence.steps[step] = [
        replace(o, relies_on=(o.statement, OWN)) if o.statement == statement else o for o in evidence.steps[step]
    ]


def test_pol_1_does_not_ask_a_policys_own_invariants() -> None:
    """One that holds for the policy's own answers alone is none of POL-1's; of its own answers it is asked all the same."""
    assert verdicts(with_an_own_invariant(CTI)) == RIGHT


@pytest.mark.parametrize(("step", "statement"), [("link_table", "a_fresh_frame_is_zero"), (EVERY_STATE, "no_table_is_mapped")])
def test_pol_1_rests_on_nothing_that_holds_for_the_policys_own_answers_alone(step: str, statement: str) -> None:
    """A proof for arbitrary decisions that uses such an invariant does not count, until it was found without it."""
    evidence = with_an_own_invariant(CTI)
    resting_on_it(evidence, step, statement)
    assert evidence.resting(evidence.unfit()) == {step: {statement}}
    assert verdicts(evidence) == RIGHT | {"POL-1": "unknown"}
    evidence.otherwise = {(step, statement): CTI}
    assert verdicts(evidence) == RIGHT | {"POL-1": "not-inductive"}
    evidence.otherwise = {(step, statement): PROVED}
    assert verdicts(evidence) == RIGHT
    fit = with_an_own_invariant(PROVED)
    resting_on_it(fit, step, statement)
    assert verdicts(fit) == RIGHT


def test_an_own_invariant_that_rests_on_an_unfit_one_is_unfit() -> None:
    """What was proved of it for arbitrary decisions was proved with what does not hold for them."""
    evidence = with_an_own_invariant(CTI)
    evidence.own |= {"another"}
    evidence.of_success |= {"another"}
    evidence.steps["map"] = [*evidence.steps["map"], Obligation("map", "another", PROVED, relies_on=(OWN,), arbitrary=PROVED)]
    assert evidence.unfit() == {OWN, "another"}


LEMMA, RESTING = "pages_of_pools_are_clean", "a_fresh_frame_is_zero"


def with_a_broken_lemma() -> Evidence:
    """Return evidence in which one step breaks a lemma, and what another keeps rests on it."""
    evidence = complete()
    turned(CTI)(evidence, ("finish_retype", LEMMA))
    found = evidence.steps["link_table"]
    evidence.steps["link_table"] = [replace(o, relies_on=(o.statement, LEMMA)) if o.statement == RESTING else o for o in found]
    return evidence


def test_what_rests_on_a_broken_lemma_is_not_proved_by_it() -> None:
    """Until it is proved again without the lemma, no theorem that cites it is proved; the others are."""
    found = verdicts(with_a_broken_lemma())
    assert {name for name, verdict in found.items() if verdict != RIGHT[name]} == {*CITING[RESTING], "POL-1"}


def test_a_broken_lemma_is_done_without() -> None:
    """It is asked of no step any more, and what rested on it, and nothing else, is to be proved again."""
    evidence = with_a_broken_lemma()
    assert evidence.drop()
    assert evidence.dropped == {LEMMA: "finish_retype"}
    assert not any(LEMMA in names for names in evidence.asked.values())
    (task,) = evidence.left()
    assert (task.name, {o.statement for o in task.held}) == ("link_table", set(evidence.asked["link_table"]) - {RESTING})
    assert {verdicts(evidence)[name] for name in CITING[RESTING]} == {"unknown"}
    evidence.steps["link_table"] = [*task.held, Obligation("link_table", RESTING, PROVED, relies_on=(RESTING,), arbitrary=PROVED)]
    assert verdicts(evidence) == RIGHT
    assert not evidence.drop()


def test_what_fails_without_a_lemma_says_which_is_missing() -> None:
    """The theorem is not proved, and the reason names the lemma and the step that breaks it."""
    evidence = with_a_broken_lemma()
    evidence.drop()
    evidence.steps["link_table"].append(Obligation("link_table", RESTING, CTI, relies_on=(RESTING,), arbitrary=CTI))
    assert not evidence.drop()
    report = ProveReport("reference", "", "")
    gather(report, list(CATALOGUE.theorems.values()), evidence)
    (one,) = (r for r in report.theorems if r.id == CITING[RESTING][0])
    assert one.verdict == "not-inductive"
    assert f"what is missing may be {LEMMA}, which finish_retype breaks" in one.reason


@pytest.mark.parametrize("why", ["a promise", "a run", "missing", "disagreement"])
def test_no_lemma_is_dropped_where_something_else_is_to_be_told(why: str) -> None:
    """A promise that fails is no lemma; a run that breaks one, a step that was not reached and solvers that differ come first."""
    evidence = with_a_broken_lemma()
    if why == "a promise":
        evidence = complete()
        turned(CTI)(evidence, ("pin", RESTING))
    elif why == "a run":
        evidence.traces = [(Trace("", "", ()), [LEMMA, RESTING])]
    elif why == "missing":
        evidence.missing["pin"] = "not reached"
    else:
        turned(DISAGREEMENT)(evidence, ("pin", RESTING))
    assert not evidence.drop()
    evidence = with_a_broken_lemma()
    evidence.traces = [(Trace("", "", ()), [LEMMA])]
    assert evidence.drop()
