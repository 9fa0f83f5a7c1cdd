"""A refusal that breaks a promise: found from boot by the solver, by walks and by the stateful machine, shown and replayed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proofs.cli.main import run
from proofs.engine.induction import Induction, Limits
from proofs.engine.solvers.solver import forget
from proofs.fuzzing.fuzz import fuzz
from proofs.fuzzing.stateful import rounds
from proofs.policies import LoadedPolicy, load
from proofs.policies.policy_statements import statements_of
from proofs.prove import prove as prover
from proofs.report.json_report import prove_json
from proofs.report.prove_text import prove_lines, shown_of
from proofs.search.places import Place
from proofs.search.refute import search
from proofs.search.replaying import replay
from proofs.search.solving.aiming import hits
from proofs.search.walker import Walker, walker_of
from proofs.statements import Kind
from proofs.theorems import CATALOGUE
from proofs.traces import Trace, TraceStep, from_json
from pymodel.language.outcomes import Reason, Refused
from pymodel.machine import steps
from pymodel.platforms import PLATFORMS
from tests.places import POLICIES
from tests.tiers import sampled_rows

FILE = POLICIES / "refusing.py"
GRANTED, RELEASED = "an_entitled_request_is_granted", "an_unreferenced_object_can_be_released"
CLAUSES = set(CATALOGUE.theorems["MEM-8"].clauses)
#: Each policy with the step that it refuses, what that breaks, and its twin.
PAIRS = [
    ("NoPins", "pin", GRANTED, "FewPins"),
    ("KeepsShared", "reclaim", RELEASED, "Remembers"),
    ("UnmapsNothingMeanwhile", "unmap_range", RELEASED, "WaitsForFlush"),
    ("EvenFrames", "donate", GRANTED, "Reserve"),
]
NAMES = ("name", "step", "statement", "twin")
EACH = pytest.mark.parametrize(NAMES, PAIRS, ids=[p[0] for p in PAIRS])
SOME = pytest.mark.parametrize(NAMES, sampled_rows(PAIRS[::-1], 2), ids=[p[0] for p in PAIRS[::-1]])


def policy(name: str) -> LoadedPolicy:
    """Return a policy of the file."""
    return load(f"{FILE}::{name}")


def ends_in_refusal(trace: Trace, step: str, statement: str) -> None:
    """See that a trace is a run from boot of which the last step alone is refused, and breaks the statement."""
    found = replay(trace)
    assert [o.refused != "" for o in found.steps] == [False] * (len(found.steps) - 1) + [True]
    assert (trace.steps[-1].name, found.steps[-1].broke) == (step, [statement])
    assert found.steps[-1].place.startswith("refusing.py:")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the examples of a test to itself."""
    monkeypatch.chdir(tmp_path)


@SOME
def test_search_ends_in_a_refusal(name: str, step: str, statement: str, twin: str) -> None:
    """The search that follows a failed proof finds a run from boot to the refusal, and none for the twin."""
    found = search(policy(name).instance(), CLAUSES, 2_000, 0, [step], policy(name).spec)
    assert found.trace is not None
    ends_in_refusal(found.trace, step, statement)
    assert found.broken == [statement]
    walker = walker_of(policy(twin).instance(), CLAUSES, 0)
    assert walker.run(walker.found.tried + 3_000) is None


def decided(name: str, step: str) -> dict[str, str]:
    """Return what induction says of a policy's refusals of one step; what other tests left must not steer the solver."""
    forget()
    instance = policy(name).instance()
    states, every, _ = statements_of(instance)
    about = [s for s in every if s.kind == Kind.REFUSAL]
    transition = next(t for t in steps(instance) if t.name == step)
    found = Induction(instance, states, [], Limits(), about).step(transition, kinds=(Kind.REFUSAL,))
    return {o.statement: o.verdict for o in found if o.verdict != "framed"}


@EACH
def test_twin_is_proved(name: str, step: str, statement: str, twin: str) -> None:
    """What the policy fails its twin is proved to keep: a quota, or a flush to wait for, is no refusal of what is one's own."""
    assert decided(twin, step) == {statement: "proved"}
    if name != "UnmapsNothingMeanwhile":  # the solver may stop at its limit before it has a state; the search from boot has one
        assert decided(name, step) == {statement: "cti"}


@SOME
def test_fuzzing_finds_it_and_keeps_it(name: str, step: str, statement: str, twin: str) -> None:
    """Every refused operation is looked at in fuzzing too; what was found is the first thing tried the next time."""
    del twin
    first = fuzz(policy(name), only=["MEM-8"], seconds=None, steps=20_000, seed=1)
    assert [f.statement for f in first.found] == [statement]
    ends_in_refusal(first.found[0].trace, step, statement)
    again = fuzz(policy(name), only=["MEM-8"], seconds=None, steps=20_000, seed=2)
    assert [f.trace for f in again.found] == [f.trace for f in first.found]
    assert again.tried == len(first.found[0].trace.steps)


@pytest.mark.long
def test_stateful_machine_finds_it() -> None:
    """The stateful machine by itself runs into the refusal; under the twin it does not."""
    hit = next(hit for hit in (stateful("NoPins", seed) for seed in range(2, 10)) if hit is not None)
    assert [b.statement.name for b in hit[1]] == [GRANTED]
    assert hit[0].path[-1][0] == "pin"
    assert stateful("FewPins") is None


def stateful(name: str, seed: int = 0) -> tuple[Place, list[Any]] | None:
    """Run the stateful machine from a live VM with a frame, and return what broke."""
    walker = walker_of(policy(name).instance(), CLAUSES, 0)
    walker.corpus = [live(walker)]
    walker.known = {"pin": [{"caller": 3, "pin": 0x30001, "frame": 0x10}]}
    return rounds(walker, 30, seed, None, lambda: False).hit


def live(walker: Walker, *, donated: bool = True) -> Place:
    """Return the place where a VM is live and has a frame, or none."""
    steps_ = [("boot", {}), ("create_vm", {"caller": 2, "vm": 3}), ("start_vm", {"caller": 2, "vm": 3})]
    place = Place("small", PLATFORMS["small"](walker.policy.State), [])
    for name, args in steps_ + ([("donate", {"caller": 2, "vm": 3, "frame": 0x10})] if donated else []):
        after = walker.take(place, name, args)
        assert after is not None
        place = after
    return place


def test_solver_finds_the_number_that_walks_do_not() -> None:
    """The search asks the solver first: it names the one pin that is refused, which no walk of this length does."""
    instance = policy("Superstitious").instance()
    assert walker_of(instance, {GRANTED}, 0).run(3_000) is None
    found = search(instance, {GRANTED}, 0, 0, ["pin"], policy("Superstitious").spec)
    assert found.trace is not None
    ends_in_refusal(found.trace, "pin", GRANTED)
    assert found.trace.steps[-1].arguments["pin"] == 0x31313


def test_solver_finds_the_step_in_front_and_looks_at_the_last_refusal_alone() -> None:
    """Without a frame there is nothing to pin; a frame donated first, there is. What the step in front refuses is not meant."""
    walker = Walker(policy("NoPins").instance(), [CATALOGUE.statements[GRANTED]], 0)
    place, step = live(walker, donated=False), walker.transitions
    assert hits(walker, place, [step["pin"]], [CATALOGUE.statements[GRANTED]]) is None
    hit = hits(walker, place, [step["donate"], step["pin"]], [CATALOGUE.statements[GRANTED]])
    assert hit is not None
    assert [name for name, _ in hit[0].path[-2:]] == ["donate", "pin"]
    assert hits(walker, live(walker), [step["pin"], step["start_vm"]], [CATALOGUE.statements[GRANTED]]) is None


def test_refusal_for_something_else_than_a_reason_is_an_error() -> None:
    """What no statement could speak of is reported with its place."""
    walker = walker_of(policy("FewPins").instance(), CLAUSES, 0)
    place, pin = live(walker), walker.transitions["pin"]
    walker.deny(place, pin, {"caller": 3, "pin": 0x30001, "frame": 0x10}, Refused("no").reason)  # type: ignore[arg-type]
    assert walker.found.error.endswith("pin: refused for 'no', which is no Reason")
    assert walker.denial is None


def test_statement_about_a_step_says_nothing_of_a_refused_one() -> None:
    """A trace about a step that is refused by now is not said to break its statement; one about a refusal that succeeds neither."""
    mapped = TraceStep("map", {"caller": 3, "space": 0x30001, "page": 0, "level": 0, "frame": 1, "rights": 3})
    for statement, last in (("an_operation_does_what_it_says", mapped), (GRANTED, TraceStep("boot", {}))):
        assert replay(Trace("reference", "small", (last,), statement)).broken == []


def test_prove_refutes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`prove` ends refuted, with the run in its text and its JSON; `replay` runs it again, and under the twin breaks nothing."""
    monkeypatch.setattr(prover, "steps", lambda instance: [t for t in steps(instance) if t.name in ("boot", "pin")])
    options = prover.ProveOptions(only=("MEM-8",), jobs=1, cache=False, search_steps=2_000)
    report = prover.prove(policy("NoPins"), options, lambda _event, _data: None)
    assert [(r.id, r.verdict) for r in report.theorems] == [("MEM-8", "refuted")]
    saved = prove_json(report)["theorems"][0]["counterexample"]["trace"]
    trace = from_json(saved)
    ends_in_refusal(trace, "pin", GRANTED)
    assert [step.name for step in trace.steps] == ["boot", "create_vm", "donate", "pin"]
    text = "\n".join(line.text for line in prove_lines(report, {}, shown_of(report, policy("NoPins")), verbose=True))
    assert text.startswith("REFUTED  MEM-8  ")
    assert "refusing.py:29: in pin: `return refuse(Reason.NOT_OWNED)`" in text
    assert f"refused: {Reason.NOT_OWNED!r}" in text
    assert f"BREAKS MEM-8: {GRANTED}  [refusing.py:" in text
    for name, code in (("NoPins", 1), ("FewPins", 0)):
        (tmp_path / "trace.json").write_text(json.dumps({**saved, "policy": policy(name).spec}), encoding="utf-8")
        assert run(["replay", str(tmp_path / "trace.json")]) == code
    assert "still breaks" in capsys.readouterr().out
