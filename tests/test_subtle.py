"""Faults that nobody told the tool of: the survey finds each at once, and what is known to be refuted costs little more."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofs.checkers.campaign import Setup, Workshop
from proofs.checkers.induction import Induction, Limits
from proofs.checkers.policy import load
from proofs.cli.main import run
from proofs.theorems import CATALOGUE
from pymodel.machine import steps

FILE = Path(__file__).parent / "policies" / "subtle.py"
#: Each fault with the step that shows it, and a statement that it breaks.
FAULTS = {
    "EndWraps": ("unmap_range", "a_range_loses_no_page_outside_it"),
    "ShownWritable": ("map", "no_table_is_mapped"),
    "RetiringTag": ("create_space", "a_space_has_its_root_and_tag"),
    "TrustsEpoch": ("release", "a_tlb_entry_agrees_with_its_slot"),
}


def shop_of(name: str) -> Workshop:
    """Return the workshop of a policy of the file."""
    return Workshop(Setup(f"{FILE}::{name}", 60_000_000))


@pytest.mark.parametrize("name", FAULTS)
def test_survey_finds_a_fault(name: str) -> None:
    """The scenarios, with one argument changed, show it; the trace ends in the step at fault and breaks the statement."""
    step, statement = FAULTS[name]
    (trace, broken), *_ = shop_of(name).survey()
    assert trace["steps"][-1]["step"] == step
    assert statement in broken


def test_survey_finds_nothing_in_a_good_policy() -> None:
    """Refusing by a decision is no fault."""
    assert shop_of("Choosy").survey() == []


@pytest.mark.parametrize("given_up", [False, True])
def test_little_is_asked_once_a_policy_is_refuted(given_up: bool) -> None:
    """At most a few counterexamples to one step are pursued, and none once there is a run from boot; no proof is made of it."""
    policy = load(f"{FILE}::RetiringTag").instance()
    states = [s for s in CATALOGUE.statements.values() if s.kind == "state"]
    shop = Induction(policy, states, [], Limits())
    shop.given_up = lambda: given_up
    found = shop.step({t.name: t for t in steps(policy)}["bind_tag"])
    verdicts = {o.statement: o.verdict for o in found}
    pursued = [name for name, verdict in verdicts.items() if verdict == "cti"]
    assert bool(pursued) is not given_up
    assert len(pursued) <= 3
    assert verdicts["a_space_has_its_root_and_tag"] != "proved"
    assert verdicts["a_pin_holds_its_frame"] == "framed"


def test_fuzzing_tells_of_an_operation_that_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exception of the policy ends the search: it is told with file and line, and the exit code is that of no answer."""
    monkeypatch.chdir(tmp_path)
    assert run(["fuzz", f"{FILE}::Raises", "--seconds", "20", "--jobs", "1"]) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert "the search ended early:" in said
    assert "subtle.py:" in said
    assert "begin_retype: TypeError" in said
