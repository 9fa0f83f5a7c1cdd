"""The promises about interleavings: the manifest of this project names them, and the command line shows them."""

from __future__ import annotations

import json

import pytest

from proofs.cli.commands import reading
from proofs.cli.commands.checking import known_models
from proofs.cli.main import run
from proofs.theorems import CATALOGUE
from proofs.theorems.promises.interleaved import INTERLEAVED

MODELS = known_models()


def test_every_promise_of_a_model_is_known() -> None:
    """A model names theorems of the system layer, or promises about interleavings."""
    named = {promise for model in MODELS for promise in model.promises}
    assert named <= {*CATALOGUE.theorems, *INTERLEAVED}


@pytest.mark.parametrize("name", INTERLEAVED)
def test_every_promise_is_searched_in_ci(name: str) -> None:
    """Each promise about interleavings has a model that CI runs to its end."""
    assert [m for m in MODELS if name in m.promises and m.tier == "ci" and m.outcome == "pass"]


@pytest.mark.parametrize("base", sorted({m.module.removeprefix("MC") for m in MODELS if m.module.startswith("MC")}))
def test_every_property_has_a_variant_that_breaks_it(base: str) -> None:
    """What a module promises is broken by a faulty variant, or starves without fairness; and a state of interest is reached."""
    mine = [m for m in MODELS if m.module.removeprefix("MC").split("_")[0] == base]
    promised = {name for m in mine if m.kind == "model" for name in (*m.invariants, *m.properties)}
    broken = {m.breaks for m in mine if m.kind in ("mutant", "zoo", "fairness")}
    assert promised - broken <= {"TypeOK", "IndInv"}
    assert any(m.kind == "witness" and m.outcome == "violation" for m in mine)


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


def test_list_and_explain_do_without_the_manifest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the models did not come along, theorems are listed and explained all the same."""
    monkeypatch.setattr(reading, "place", lambda: None)
    assert run(["list", "--json", "-"]) == 0
    assert {tuple(entry["models"]) for entry in json.loads(capsys.readouterr().out)["interleaved"]} == {()}
    assert run(["explain", "MEM-1"]) == 0
    assert "searched" not in capsys.readouterr().out
