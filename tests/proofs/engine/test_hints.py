"""Hints: they save the search for what suffices, and never decide anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofs.engine import induction as prover
from proofs.engine.decisions import decisions
from proofs.engine.hints import Hint, Hints, recorded
from proofs.engine.solvers import solver
from proofs.policies import load
from proofs.prove import record
from proofs.prove.step_prover import Setup, StepProver
from proofs.verdicts import Obligation
from pymodel.machine import Hypervisor

STEP = "unmap"
#: A step with questions that are asked alone.
COSTLY_STEP = "confirm_downgrade"


def decided(spec: str, step: str, kept: frozenset[str] = frozenset()) -> list[Obligation]:
    """Return the obligations of a step of a policy; the decisions that keep their contracts are taken to be arbitrary."""
    return StepProver(Setup(spec, 60_000_000, kept=kept)).step(step)


def with_hints(monkeypatch: pytest.MonkeyPatch, hints: Hints) -> None:
    """Let the prover find other hints than those recorded."""
    monkeypatch.setattr(prover, "recorded", lambda: hints)


@pytest.mark.long
def test_hints_make_a_proof_cheaper(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded proves the same for less than two thirds of the solver's work."""
    every = frozenset(decisions(Hypervisor()))
    hinted = decided("reference", STEP, every)
    with_hints(monkeypatch, Hints({}))
    searched = decided("reference", STEP, every)
    assert [(o.statement, o.verdict) for o in hinted] == [(o.statement, o.verdict) for o in searched]
    assert sum(o.cost for o in hinted) * 3 < sum(o.cost for o in searched) * 2


def test_a_hint_for_something_else_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under hints that mark nothing everything is proved all the same."""
    nothing = Hint(frozenset(), 1, "smt", 0, 20).text()
    entries = {s: {name: [nothing] * len(texts) for name, texts in known.items()} for s, known in recorded().entries.items()}
    with_hints(monkeypatch, Hints(entries))
    assert {o.verdict for o in decided("reference", "pin")} == {"proved", "framed"}


def test_what_is_asked_alone_costs_the_same_wherever_it_is_asked() -> None:
    """A costly question is answered for the same units in a process that met its terms in another order, and was asked others."""
    costs = []
    for before in ((), ("create_space", "map")):
        solver.forget()
        prover = StepProver(Setup("reference", 60_000_000, kept=frozenset(decisions(Hypervisor()))))
        for name in before:
            prover.step(name)
        hints = recorded().entries[COSTLY_STEP]
        found = prover.step(COSTLY_STEP)
        costs.append({o.statement: o.cost for o in found if any(t and Hint.of_text(t).alone for t in hints.get(o.statement, []))})
    assert costs[0]
    assert costs[0] == costs[1]


@pytest.mark.long
def test_the_references_hints_prove_no_fault() -> None:
    """A step with a fault is tried with the hints of the right one, and found wrong."""
    module = "pymodel.zoo.devices.xsa_302"
    assert load(f"{module}:Faulty").name
    found = {which: {o.verdict for o in decided(f"{module}:{which}", "detach")} for which in ("Fixed", "Faulty")}
    assert found["Fixed"] == {"proved", "framed"}
    assert "cti" in found["Faulty"]


def test_what_is_recorded_is_read_back(tmp_path: Path) -> None:
    """A file of hints holds what was noted, for each path of a step, and nothing for a path without."""
    hint, by_itself = (Hint(frozenset([b"four", b"more"]), 3, "QF_UFBV", 7, 21, alone) for alone in (False, True))
    hints = Hints({})
    hints.note("map", "a_statement", 2, hint)
    hints.note("map", "b_statement", 0, by_itself)
    hints.write(tmp_path / "hints.json")
    text = (tmp_path / "hints.json").read_text(encoding="utf-8")
    rows = '  "a_statement": ["", "", "3q721Zm91cm1vcmU="],\n  "b_statement": ["3Q721Zm91cm1vcmU="]'
    assert text == f'{{\n "map": {{\n{rows}\n }}\n}}\n'
    assert (hints.at("map", "a_statement", 2), hints.at("map", "a_statement", 1)) == (hint, None)
    assert hints.at("map", "b_statement", 0) == by_itself
    assert (hints.at("map", "a_statement", 3), hints.at("unmap", "a_statement", 0)) == (None, None)


def test_recording_keeps_what_suffices(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Recording one step again keeps its hints, or finds them afresh, and leaves those of the others as they are."""
    monkeypatch.setattr(record, "FILE", tmp_path / "hints.json")
    assert record.main(["unpin"]) == 0
    assert " hints, 0 new" in capfd.readouterr().err
    assert json.loads((tmp_path / "hints.json").read_text(encoding="utf-8")) == recorded().entries
    for how in ("--quick", "--afresh"):
        assert record.main(["unpin", "--afresh", how]) == 0
        assert " hints, 0 new" not in capfd.readouterr().err
        text = (tmp_path / "hints.json").read_text(encoding="utf-8")
        assert text.count("\n") == recorded_lines()
    assert record.main(["unpinned"]) == 2


def recorded_lines() -> int:
    """Return the number of lines of the file that comes with ringfence."""
    known = recorded().entries
    return 2 + 2 * len(known) + sum(len(statements) for statements in known.values())
