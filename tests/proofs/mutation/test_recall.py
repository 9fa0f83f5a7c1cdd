"""What the command that measures recall counts: a run from boot refutes; what is proved is wrong, and so is a refuted twin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proofs.mutation import recall
from proofs.policies import LoadedPolicy
from proofs.traces import Trace, TraceStep
from proofs.verdicts import Counterexample, Obligation, ObligationVerdict, ProveReport, TheoremResult, Verdict

POLICY = '''"""A policy."""

from pymodel import Hypervisor


class Faulty(Hypervisor):
    """One."""


class Twin(Hypervisor):
    """The other."""
'''
LIST = """
[[fault]]
id = "first"
file = "first.py"
twin = true
seen_before = false

[[fault]]
id = "second"
file = "first.py"
twin = false
seen_before = true
"""
RUN = Trace("p", "small", (TraceStep("boot", {}),) * 7, "no_table_is_mapped")


def report(verdict: Verdict) -> ProveReport:
    """Return what `prove` might say, with one theorem that has a verdict."""
    found = Counterexample("no_table_is_mapped", True, RUN) if verdict == Verdict.REFUTED else None
    theorems = [TheoremResult("MEM-10", "memory", "No table is mapped.", "system", verdict, counterexample=found)]
    failures = [Obligation("map", "no_table_is_mapped", ObligationVerdict.CTI)] if verdict == Verdict.NOT_INDUCTIVE else []
    return ProveReport("p", "", "", theorems=theorems, failures=failures)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Verdict]:
    """Let the prover answer by the name of the class; the list and its one file are in the current folder."""
    (tmp_path / "first.py").write_text(POLICY, encoding="utf-8")
    (tmp_path / "faults.toml").write_text(LIST, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found: dict[str, Verdict] = {}

    def prove(policy: LoadedPolicy, _options: Any, _progress: Any) -> ProveReport:
        return report(found.get(policy.cls.__name__, Verdict.PROVED))

    monkeypatch.setattr(recall, "prove", prove)
    return found


def test_a_run_from_boot_counts(answers: dict[str, Verdict], capsys: pytest.CaptureFixture[str]) -> None:
    """What was in the zoo before is counted apart; the figures and the outcomes are told."""
    answers["Faulty"] = Verdict.REFUTED
    assert recall.main(["--list", "faults.toml", "--json", "out.json"]) == 0
    told = capsys.readouterr().out
    assert "never in the zoo: 1 of 1 refuted from boot (100 %), 0 proved" in told
    assert "in the zoo before: 1 of 1 refuted from boot (100 %), 0 proved" in told
    outcomes = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert [(o["id"], o["which"], o["verdict"], o["steps"]) for o in outcomes] == [
        ("first", "Faulty", "refuted", 7),
        ("second", "Faulty", "refuted", 7),
    ]


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.NOT_INDUCTIVE, 0), (Verdict.UNKNOWN, 0), (Verdict.PROVED, 1)])
def test_what_no_run_refutes_does_not_count(
    answers: dict[str, Verdict], capsys: pytest.CaptureFixture[str], verdict: Verdict, code: int
) -> None:
    """It is told with what failed; a fault that is proved is wrong, which the exit code says."""
    answers["Faulty"] = verdict
    assert recall.main(["--list", "faults.toml", "first"]) == code
    told = capsys.readouterr().out
    assert f"0 of 1 refuted from boot (0 %), {int(verdict == Verdict.PROVED)} proved" in told
    assert ("map against no_table_is_mapped" in told) == (verdict == Verdict.NOT_INDUCTIVE)


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.PROVED, 0), (Verdict.UNKNOWN, 0), (Verdict.REFUTED, 1)])
def test_twins_are_to_be_proved(
    answers: dict[str, Verdict], capsys: pytest.CaptureFixture[str], verdict: Verdict, code: int
) -> None:
    """They are tried if asked for; one that is refuted is wrong."""
    answers["Twin"] = verdict
    assert recall.main(["--list", "faults.toml", "--twins", "only"]) == code
    told = capsys.readouterr().out
    proved, refuted = int(verdict == Verdict.PROVED), int(verdict == Verdict.REFUTED)
    assert f"sound twins: {proved} of 1 proved, {refuted} refuted" in told
    assert "Faulty" not in told


def test_a_prover_that_breaks_off_is_an_outcome(
    answers: dict[str, Verdict], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The fault that does it is told with the exception, and the others are tried."""
    del answers

    def broken(*_args: Any) -> ProveReport:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(recall, "prove", broken)
    assert recall.main(["--list", "faults.toml"]) == 0
    assert capsys.readouterr().out.count("RuntimeError: on purpose") == 2


@pytest.mark.parametrize("arguments", [["--list", "none.toml"], ["--list", "faults.toml", "third"]])
def test_what_is_not_there_is_refused(
    answers: dict[str, Verdict], capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """A list or a fault that does not exist ends it with what is wrong."""
    del answers
    with pytest.raises(SystemExit) as ended:
        recall.main(arguments)
    assert ended.value.code == 2
    assert arguments[-1] in capsys.readouterr().err
