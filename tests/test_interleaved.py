"""The promises about interleavings: the manifest of this project names them, and the command line shows them."""

from __future__ import annotations

import json

import pytest

from proofs.cli.checking import known_models
from proofs.cli.main import run
from proofs.theorems import CATALOGUE
from proofs.theorems.interleaved import INTERLEAVED

MODELS = known_models()


def test_every_promise_of_a_model_is_known() -> None:
    """A model names theorems of the system layer, or promises about interleavings."""
    named = {promise for model in MODELS for promise in model.promises}
    assert named <= {*CATALOGUE.theorems, *INTERLEAVED}


@pytest.mark.parametrize("name", INTERLEAVED)
def test_every_promise_is_searched_in_ci(name: str) -> None:
    """Each promise about interleavings has a model that CI runs to its end."""
    assert [m for m in MODELS if name in m.promises and m.tier == "ci" and m.outcome == "pass"]


@pytest.mark.parametrize("module", sorted({m.module for m in MODELS if m.module.startswith("MC")}))
def test_every_module_has_a_mutant_and_a_witness(module: str) -> None:
    """Each module has a variant that breaks one of its properties, and a state of interest that is reached."""
    names = {m.name for m in MODELS if m.module == module and m.kind == "model"}
    kinds = {m.kind for m in MODELS if m.of in names and m.outcome != "pass"}
    assert "witness" in kinds
    assert kinds & {"mutant", "zoo"}


def test_list_and_explain_say_that_it_is_no_proof(capsys: pytest.CaptureFixture[str]) -> None:
    """`list` names the promises with their models; `explain` says what was searched, with which constants."""
    assert run(["list", "--json", "-"]) == 0
    listed = json.loads(capsys.readouterr().out)["interleaved"]
    assert {entry["id"]: bool(entry["models"]) for entry in listed} == dict.fromkeys(INTERLEAVED, True)
    assert run(["explain", "con-3"]) == 0
    out = capsys.readouterr().out
    assert "never a proof" in out
    assert "Hypercalls_fair" in out
    assert run(["prove", "--only", "CON-3"]) == 2
    assert "ringfence check CON-3" in capsys.readouterr().err
