"""What a policy states of itself is proved, refuted and fuzzed like a theorem; what it assumes ends every run that breaks it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofs.cli.loading import select
from proofs.cli.main import run
from proofs.engine.induction import Induction, Limits
from proofs.engine.query import FIRST
from proofs.policies import PolicyError, load
from proofs.policies.policy_statements import statements_of
from proofs.prove.step_prover import Setup, StepProver
from proofs.prove.witnesses import witness
from proofs.theorems import CATALOGUE
from pymodel.machine import steps
from tests.places import POLICIES
from tests.searching import with_one_argument_changed

FILE = POLICIES / "own.py"
LAZY = str(FILE.parent / "lazy.py")
INVARIANT = "a_pin_in_use_is_noted"


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder without examples of earlier runs."""
    monkeypatch.chdir(tmp_path)


def survey(name: str) -> list[list[str]]:
    """Return what the runs that the survey finds break."""
    return [broken for _, broken in StepProver(Setup(f"{FILE}::{name}", 60_000_000)).run_from_boot(with_one_argument_changed)]


def test_an_invariant_of_ones_own_is_refuted_by_a_run() -> None:
    """The survey finds the run that forgets a note."""
    assert survey("Forgets") == [[INVARIANT]]


def test_fuzzing_looks_at_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    """The trace says that it is the policy's own, and replays as one that breaks it."""
    assert run(["fuzz", f"{FILE}::Forgets", "--seconds", "60", "--jobs", "1", "--save", "traces"]) == 1
    assert "BREAKS OWN" in capsys.readouterr().out
    (saved,) = Path("traces").iterdir()
    assert run(["replay", str(saved)]) == 1
    assert f"still breaks {INVARIANT}" in capsys.readouterr().out


def test_it_can_be_asked_for_alone() -> None:
    """`--only own` names it, as the ID of a theorem does."""
    assert select(["own"], f"{FILE}::Notes") == ("OWN",)


@pytest.mark.parametrize(
    "words",
    [["prove", "--only", "OWN"], ["cite", "OWN"], ["explain", "OWN"], ["bench", "--only", "OWN"], ["fuzz", LAZY, "--only", "OWN"]],
)
def test_a_policy_without_any_has_none_to_ask_for(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is searched for then, and the message says where such invariants come from."""
    assert run(words) == 2
    assert "`@invariant`" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "verdict", "code"), [("Notes", "proved", 0), ("Forgets", "refuted", 1)])
def test_prove_reports_it(name: str, verdict: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a verdict of its own, from the steps that the policy changes."""
    kept = [t for t in StepProver(Setup(f"{FILE}::{name}", 60_000_000)).own.values() if t.name in ("pin", "unpin")]
    monkeypatch.setattr("proofs.prove.prove.steps", lambda _policy: kept)
    assert run(["prove", f"{FILE}::{name}", "--only", "OWN", "--no-cache", "--json", "report.json"]) == code
    (own,) = json.loads(Path("report.json").read_text(encoding="utf-8"))["theorems"]
    assert (own["id"], own["verdict"]) == ("OWN", verdict)


def test_a_run_that_breaks_an_assumption_refutes_nothing() -> None:
    """The fifth VM is forgotten while it has something; in a world without it nothing breaks."""
    assert survey("Fifth") != []
    assert survey("FifthIsNever") == []


def test_an_operation_of_ones_own_is_asked_for_where_a_scenario_needs_it() -> None:
    """It changes the policy's own part, so nothing breaks; functions are given away, which without it never are."""
    assert StepProver(Setup(f"{FILE}::Listed", 60_000_000)).survey() == []
    assert {"allow", "attach", "finish_detach"} <= witness(load(f"{FILE}::Listed").instance(), []).succeeded


def test_an_operation_of_ones_own_changes_what_its_caller_may() -> None:
    """One by which the host lets a function master is refuted; of one that leaves functions alone nothing is left to prove."""
    (broken,) = survey("Masters")
    assert "changes_in_pcie_are_rightful" in broken
    rule = CATALOGUE.statements["changes_in_pcie_are_rightful"]
    for name, verdict in (("Listed", "framed"), ("Masters", "cti")):
        policy = load(f"{FILE}::{name}").instance()
        transition = next(t for t in steps(policy) if t.name == "allow")
        (found,) = Induction(policy, [], [], Limits(), [rule]).step(transition)
        assert found.verdict == verdict


@pytest.mark.parametrize(("name", "fails"), [("TakesBack", set()), ("GivesAway", {"function", "pcie", "sriov"})])
def test_an_operation_made_of_others_is_held_to_its_callers_authority(name: str, fails: set[str]) -> None:
    """What the host may do in two operations it may do in one; anybody else may not have it done."""
    policy = load(f"{FILE}::{name}").instance()
    invariants, about, _ = statements_of(policy)
    decide = Induction(policy, invariants, [], Limits(), about)
    transition = next(t for t in steps(policy) if t.name == "take_back")
    run = decide.explored(transition)
    found = {st.name: decide.decided_of(run, st, FIRST).verdict for st in about}
    broken = {st for st, verdict in found.items() if verdict not in ("proved", "framed")}
    footprints = {f"changes_in_{part}_are_rightful" for part in fails}
    assert footprints <= broken if fails else broken == set()


def test_the_name_of_a_statement_is_taken(tmp_path: Path) -> None:
    """An invariant cannot be called like a statement of ours: one would hide the other."""
    path = tmp_path / "p.py"
    path.write_text(FILE.read_text(encoding="utf-8").replace(INVARIANT, "a_clean_frame_is_zero"), encoding="utf-8")
    with pytest.raises(PolicyError, match="is taken: a statement of ringfence"):
        load(f"{path}::Notes")
