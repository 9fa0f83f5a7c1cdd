"""`ringfence new`: what it writes loads, is proved and can be run; what is there already is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from proofs.cli.main import run
from proofs.engine.induction import Induction, Limits
from proofs.policies import load
from proofs.policies.policy_statements import own_invariants, statements_of
from pymodel.machine import steps
from tests.places import ROOT

OWN = "an_attached_function_is_permitted"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_a_policy_and_its_tests_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    """Two files; the class has the name of the file, and the command says what to do with them."""
    assert run(["new", "two_doors"]) == 0
    assert sorted(path.name for path in Path().iterdir()) == ["test_two_doors.py", "two_doors.py"]
    policy = load("two_doors.py")
    assert policy.cls.__name__ == "TwoDoors"
    assert [statement.name for statement in own_invariants(policy.instance())] == [OWN]
    told = capsys.readouterr().out
    assert "ringfence prove two_doors.py" in told
    assert "-m pytest test_two_doors.py" in told


def test_it_is_proved_where_it_differs() -> None:
    """Its own operation, and those around its decision, keep its invariant and all that is stated of the reference."""
    run(["new", "doors"])
    policy = load("doors.py").instance()
    invariants, about, _ = statements_of(policy)
    decide = Induction(policy, invariants, [], Limits(), about)
    for transition in (t for t in steps(policy) if t.name in ("permit", "attach", "detach")):
        verdicts = {found.verdict for found in decide.step(transition)}
        assert verdicts <= {"proved", "framed"}, transition.name


def test_its_tests_are_tests() -> None:
    """Pytest finds two, and the one that takes no minutes passes."""
    run(["new", "doors"])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "test_doors.py"]
    own = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(  # noqa: S603 - ours
        [*command, "-k", "given"], env=own, capture_output=True, text=True, check=False, timeout=120
    )
    assert "1 passed, 1 deselected" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("there", ["doors.py", "test_doors.py"])
def test_nothing_is_overwritten(there: str, capsys: pytest.CaptureFixture[str]) -> None:
    """If one of the files is there, neither is written."""
    Path(there).write_text("mine", encoding="utf-8")
    assert run(["new", "doors"]) == 2
    assert f"{there} is there already; nothing was written" in capsys.readouterr().err
    assert [(path.name, path.read_text(encoding="utf-8")) for path in Path().iterdir()] == [(there, "mine")]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("2doors", "is no name for a policy"),
        ("two doors", "is no name for a policy"),
        ("hypervisor", "would have the class Hypervisor"),
        ("json", "would hide the module json"),
        ("pymodel", "would hide the module pymodel"),
        ("nowhere/doors", "cannot be written"),
    ],
)
def test_a_name_that_will_not_do_is_refused(name: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong input is 2, and nothing is written."""
    assert run(["new", name]) == 2
    assert told in capsys.readouterr().err
    assert list(Path().iterdir()) == []
