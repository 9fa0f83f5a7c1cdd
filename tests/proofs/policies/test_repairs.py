"""Policies that break a lemma about bookkeeping: proved without it if they keep the promises, and not if they do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofs.cli.main import run
from proofs.engine.query import FIRST, REST
from proofs.engine.solvers.solver import forget
from proofs.prove.step_prover import Setup, StepProver
from pymodel.machine import steps
from tests.places import POLICIES
from tests.tiers import sampled_rows

FILE = POLICIES / "repairs.py"
NUMBERS, PAGES = "no_more_vfs_are_asked_for_than_there_are", "pages_of_pools_are_clean"


#: Each policy with the lemma, the step that breaks it, and others that relied on it.
CHANGED = [
    ("ComparesLate", NUMBERS, "set_num_vfs", ("enable_vfs",)),
    ("ClearsLate", PAGES, "finish_retype", ("create_space",)),
]


def proved_without(name: str, lemma: str, step: str, report: Path) -> None:
    """See that nothing is left to prove, and that the report says which lemma the proofs do without."""
    assert run(["prove", f"{FILE}::{name}", "--no-cache", "--json", str(report)]) == 0
    found = json.loads(report.read_text(encoding="utf-8"))
    assert {t["verdict"] for t in found["theorems"]} == {"proved", "open"}
    assert found["notes"][-1] == f"the proofs do without the lemma {lemma}, which {step} breaks"


@pytest.mark.parametrize(("name", "lemma", "step", "others"), sampled_rows(CHANGED))
def test_a_policy_that_keeps_its_books_otherwise_is_proved(
    name: str, lemma: str, step: str, others: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step that breaks the lemma is noticed, and it and another that relied on the lemma are proved without it."""
    wanted = (step, *others)
    monkeypatch.setattr("proofs.prove.prove.steps", lambda policy: [t for t in steps(policy) if t.name in wanted])
    proved_without(name, lemma, step, tmp_path / "report.json")


@pytest.mark.long
@pytest.mark.parametrize(("name", "lemma", "step", "others"), CHANGED)
def test_each_step_of_such_a_policy_is_proved(name: str, lemma: str, step: str, others: tuple[str, ...], tmp_path: Path) -> None:
    """The whole of it is."""
    del others
    proved_without(name, lemma, step, tmp_path / "report.json")


@pytest.mark.parametrize(
    ("name", "lemma", "step", "promise", "verdict"),
    [
        ("ComparesLate", NUMBERS, "enable_vfs", "a_pf_keeps_to_its_registers", "proved"),
        ("ComparesNever", NUMBERS, "enable_vfs", "a_pf_keeps_to_its_registers", "cti"),
        ("ClearsLate", PAGES, "create_space", "a_fresh_frame_is_zero", "proved"),
        ("ClearsLate", PAGES, "create_space", "a_leaf_holds_its_frame", "proved"),
        pytest.param("ClearsSome", PAGES, "create_space", "a_leaf_holds_its_frame", "cti", marks=pytest.mark.long),
    ],
)
def test_without_the_lemma_a_promise_holds_or_not(name: str, lemma: str, step: str, promise: str, verdict: str) -> None:
    """What the lemma was for is checked by the policy itself, or by nobody; what other tests left must not steer the solver."""
    forget()
    prover = StepProver(Setup(f"{FILE}::{name}", 60_000_000)).without(frozenset({lemma}))
    one = next(st for st in prover.statements if st.name == promise)
    assert prover.induction.decided_of(prover.run(step), one, REST).verdict == verdict


def test_a_job_that_maps_nothing_may_be_given_up() -> None:
    """No statement fails of a job that is given up while it is listed."""
    assert [o.statement for o in StepProver(Setup(f"{FILE}::EndsEarly", 60_000_000)).step("job_end") if not o.holds] == []


def test_a_job_that_maps_something_may_not() -> None:
    """It would go from being done to being gone."""
    prover = StepProver(Setup(f"{FILE}::EndsAny", 60_000_000))
    one = next(st for st in prover.step_statements if st.name == "a_job_goes_one_way")
    assert not prover.induction.decided_of(prover.run("job_end"), one, FIRST).holds


def test_what_is_dropped_stays_dropped_in_a_new_process() -> None:
    """A worker that begins afresh does without the same lemmas."""
    prover = StepProver(Setup("reference", 1)).without(frozenset({PAGES}))
    names = {st.name for st in prover.afresh().statements}
    assert PAGES not in names
    assert len(names) + 1 == len(StepProver(Setup("reference", 1)).statements)
