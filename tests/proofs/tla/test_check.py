"""`ringfence check`: real runs of TLC, and what each answer means for the exit code and the reports."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proofs.cli.main import run
from proofs.report.progress import ModelProgress
from proofs.tla.check import Runner, compare
from proofs.tla.engines.tools import MissingToolError
from proofs.tla.manifest import Model, load
from proofs.tla.results import Answer, Outcome
from proofs.tla.trace import Step, Trace
from tests.places import ROOT, SPEC, TLA_DATA

DATA = TLA_DATA / "spec"


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a folder with a copy of the models of the tests."""
    shutil.copytree(DATA, tmp_path / "spec")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "spec"


def model(name: str = "Door", **change: Any) -> Model:
    """Return an entry of the tests' manifest, with changes."""
    found = next(entry for entry in load(DATA / "models.toml") if entry.name == name)
    return dataclasses.replace(found, **change)


def trace(states: int) -> Trace:
    """Return a counterexample with so many states."""
    return Trace([Step({"x": {"#bigint": str(n)}}) for n in range(states)])


PASSED = Answer(Outcome.PASS, "TLC", distinct=24, diameter=8)
BROKEN = Answer(Outcome.VIOLATION, "TLC", "it breaks", ("NobodyEnters",), trace(3))


@pytest.fixture
def answers(spec: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Answer]:
    """Answer in TLC's place: what is put here by name, else what the manifest expects."""
    assert spec.is_dir()
    given: dict[str, Answer] = {}

    def answer(_self: Runner, asked: Model, *_: Any) -> Answer:
        expected = Answer(Outcome(asked.outcome), "TLC", "", (asked.breaks,) if asked.breaks else ())
        numbers = {"distinct": asked.distinct, "diameter": asked.diameter}
        states = None if asked.outcome == "pass" else trace(asked.trace or 2)
        return given.get(asked.name, expected.ended(**numbers, trace=states))

    monkeypatch.setattr(Runner, "answer", answer)
    return given


def test_every_model_comes_out_as_recorded(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """TLC passes, breaks, deadlocks and starves as the manifest says, two at a time, and leaves nothing behind."""
    before = sorted(spec.iterdir())
    assert run(["check", "--jobs", "2", "--json", "out.json", "--junit", "out.xml", "--save", "traces"]) == 0
    data = json.loads(Path("out.json").read_text(encoding="utf-8"))
    found = {row["name"]: (row["verdict"], row["broken"], row["trace"], row["distinct"]) for row in data["models"]}
    assert found["Door"] == ("bounded", [], None, 24)
    assert found["Door_fair"] == ("bounded", [], None, 24)
    assert found["Door_entered"][:3] == ("refuted", ["NobodyEnters"], 3)
    assert found["Door_unfair"][:2] == ("refuted", ["SomeoneEnters"])
    assert found["Door_walks"] == ("sampled", [], None, None)
    assert data["summary"]["as_expected"] == len(data["models"]) == 8
    assert sorted(path.name for path in Path("traces").iterdir()) == [
        f"Door_{name}.itf.json" for name in ("at_once", "entered", "step", "stuck", "unfair")
    ]
    assert sorted(spec.iterdir()) == before
    shown = capsys.readouterr().out
    assert "8 of 8 as expected" in shown
    assert "proved" not in shown


@pytest.mark.parametrize(
    ("change", "answer", "told"),
    [
        ({}, PASSED, ()),
        ({"distinct": 0, "diameter": 0}, PASSED, ()),
        ({"distinct": 25}, PASSED, ("expected distinct 25, got 24",)),
        ({"diameter": 9}, PASSED, ("expected diameter 9, got 8",)),
        ({}, PASSED.ended(distinct=None), ("expected distinct 24, got none",)),
        ({}, BROKEN, ("expected pass, got violation",)),
        ({}, Answer(Outcome.VACUOUS, "TLC"), ("expected pass, got vacuous",)),
    ],
)
def test_a_pass_is_compared(change: dict[str, Any], answer: Answer, told: tuple[str, ...]) -> None:
    """Of a completed search everything recorded is compared."""
    assert compare(model(**change), answer) == told


@pytest.mark.parametrize(
    ("change", "answer", "told"),
    [
        ({}, BROKEN, ()),
        ({"trace": 0}, BROKEN.ended(trace=trace(9)), ()),
        ({}, BROKEN.ended(trace=trace(4)), ("expected trace 3, got 4",)),
        ({}, BROKEN.ended(broken=("TypeOK",)), ("expected NobodyEnters to break, not TypeOK",)),
        ({}, BROKEN.ended(broken=("NobodyEnters", "B")), ("expected NobodyEnters to break, not NobodyEnters or B",)),
        ({"trace": 0}, BROKEN.ended(trace=None), ("no counterexample was written",)),
        ({}, BROKEN.ended(outcome=Outcome.DEADLOCK), ("expected violation, got deadlock",)),
        ({}, PASSED, ("expected violation, got pass",)),
    ],
)
def test_a_counterexample_is_compared(change: dict[str, Any], answer: Answer, told: tuple[str, ...]) -> None:
    """A counterexample must break what is recorded, in as many states."""
    assert compare(model("Door_entered", **change), answer) == told


@pytest.mark.parametrize(
    ("name", "answer", "code"),
    [
        ("Door", BROKEN, 1),
        ("Door", PASSED.ended(distinct=23), 5),
        ("Door_entered", PASSED, 5),
        ("Door_entered", BROKEN.ended(broken=("TypeOK",)), 5),
        ("Door_stuck", BROKEN, 5),
        ("Door", Answer(Outcome.VACUOUS, "TLC"), 3),
        ("Door_entered", Answer(Outcome.TIMEOUT, "TLC"), 3),
        ("Door", Answer(Outcome.MEMORY, "TLC"), 3),
        ("Door", Answer(Outcome.KILLED, "TLC"), 3),
        ("Door_entered", Answer(Outcome.WRONG, "TLC"), 2),
        ("Door", Answer(Outcome.CRASH, "TLC"), 70),
    ],
)
def test_what_is_unexpected_has_its_exit_code(answers: dict[str, Answer], name: str, answer: Answer, code: int) -> None:
    """A counterexample where none is recorded refutes; other differences are a defect of ours; no answer is never a pass."""
    assert run(["check"]) == 0
    answers[name] = answer
    assert run(["check"]) == code


def test_reports_say_what_differs(answers: dict[str, Answer], capsys: pytest.CaptureFixture[str]) -> None:
    """What differs is told with its counterexample, in the text, the JSON and the JUnit file; what is expected is not."""
    answers["Door"] = BROKEN
    assert run(["check", "--json", "-", "--junit", "out.xml"]) == 1
    shown = capsys.readouterr()
    data = json.loads(shown.out)
    row = next(row for row in data["models"] if row["name"] == "Door")
    assert (row["as_expected"], row["differences"]) == (False, ["expected pass, got violation"])
    assert len(row["counterexample"]["states"]) == 3
    assert "x: 1 -> 2" in shown.err
    root = ET.fromstring(Path("out.xml").read_text(encoding="utf-8"))  # noqa: S314 - we wrote it
    failed = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
    assert failed == ["Door: People pass a door one at a time"]
    assert root.get("tests") == "8"


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ([], ["Door", "Door_bounded"]),
        (["--tier", "large"], ["Door_large"]),
        (["--tier", "large", "--engine", "apalache"], []),
        (["--engine", "apalache"], ["Door_inductive"]),
        (["Door_large", "Door_inductive"], ["Door_large", "Door_inductive"]),
    ],
)
@pytest.mark.usefixtures("answers")
def test_models_are_chosen(spec: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], names: list[str]) -> None:
    """Without names TLC's models of the CI tier are run; names, tier and engine choose others; nothing chosen is an error."""
    head = '[[model]]\nmodule = "Door"\nabout = "A door"\ninit = "Init"\nnext = "Next"\n'
    entries = {
        "Door": "",
        "Door_bounded": "",
        "Door_large": 'tier = "large"',
        "Door_inductive": 'mode = "inductive"\ninductive = "TypeOK"',
    }
    text = "schema = 1\n" + "".join(f'{head}name = "{name}"\n{more}\n' for name, more in entries.items())
    (spec / "models.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("proofs.cli.commands.checking.find_apalache", Path)
    assert run(["check", "--json", "out.json", *arguments]) == (0 if names else 2)
    if names:
        data = json.loads(Path("out.json").read_text(encoding="utf-8"))
        assert [row["name"] for row in data["models"]] == names


@pytest.mark.usefixtures("answers")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["Dor"], "close: Door"),
        (["zzz"], "known: Door, "),
        (["Door", "--engine", "apalache"], "Door is of engine tlc"),
        (["Door", "--tier", "large"], "Door is of tier ci"),
        (["--json", "no/such/folder.json"], "no/such/folder.json"),
        (["--jobs", "0"], "--jobs"),
    ],
)
def test_wrong_input_exits_2(capsys: pytest.CaptureFixture[str], arguments: list[str], told: str) -> None:
    """A name that is no model, or not of what was asked for, is 2, with what comes close."""
    assert run(["check", *arguments]) == 2
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.out == ""


def test_a_wrong_manifest_exits_2(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A manifest that is not understood is 2, with file and entry."""
    (spec / "models.toml").write_text('schema = 1\n[[model]]\nname = "Door"\n', encoding="utf-8")
    assert run(["check"]) == 2
    assert "models.toml: [[model]] number 1 (Door): module, about is missing" in capsys.readouterr().err


def missing() -> None:
    """Have no tool."""
    raise MissingToolError("not here; get it there")


@pytest.mark.usefixtures("answers")
def test_a_missing_tool_exits_4(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without Java or the jar the exit code is 4, with how to get it."""
    monkeypatch.setattr("proofs.tla.engines.tlc.find_java", missing)
    assert run(["check"]) == 4
    assert "get it there" in capsys.readouterr().err


def test_a_missing_library_exits_4() -> None:
    """Without the extra the exit code is 4, with the name of the extra; `doctor` works all the same."""
    program = "import sys; sys.modules['lark'] = None; from proofs.cli.main import main; main()"
    for command, code, told in (
        ("check", 4, "lark is not installed; get it with: pip install 'ringfence[tla]'"),
        ("doctor", 0, "TLC"),
    ):
        asked = [sys.executable, "-c", program, command]
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - ours
        assert done.returncode == code
        assert told in done.stdout + done.stderr


def test_the_list_says_how_long_each_model_takes() -> None:
    """Every model of the manifest has its time, those for Apalache too."""
    assert [model.name for model in load(SPEC / "models.toml") if not model.seconds] == []


@pytest.mark.usefixtures("answers")
def test_the_list_says_what_is_expected(capsys: pytest.CaptureFixture[str]) -> None:
    """`--list` names every model with what it is about, and runs none."""
    assert run(["check", "--list"]) == 0
    shown = capsys.readouterr().out
    assert "Door_entered\n    Somebody is inside\n    witness, exhaustive, tier ci" in shown
    assert "expected: NobodyEnters breaks" in shown


def test_a_named_model_shows_its_counterexample(answers: dict[str, Answer], capsys: pytest.CaptureFixture[str]) -> None:
    """A model that is named shows its counterexample also where that is the expected one; else only surprises are shown."""
    answers["Door_entered"] = BROKEN
    assert run(["check"]) == 0
    assert "x: 1 -> 2" not in capsys.readouterr().out
    assert run(["check", "Door_entered"]) == 0
    assert "x: 1 -> 2" in capsys.readouterr().out


def test_an_interrupt_prints_what_is_known(
    answers: dict[str, Answer], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After Ctrl-C what was decided is printed and written, what was not is listed, and the exit code is 130."""
    assert answers == {}
    seen: list[str] = []

    def interrupt(self: ModelProgress, name: str) -> None:
        seen.append(name)
        self.line(f"{name} has ended")
        if len(seen) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(ModelProgress, "finished", interrupt)
    assert run(["check", "--jobs", "1", "--json", "out.json", "--junit", "out.xml"]) == 130
    data = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert (len(data["models"]), len(data["undecided"])) == (3, 5)
    assert "Interrupted: 5 were not decided." in capsys.readouterr().out


def wait_until(true: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Wait until something is true, for some seconds at most."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def test_sigterm_leaves_no_process_behind(spec: Path, tmp_path: Path) -> None:
    """SIGTERM ends with 143 and the Java processes with it, at once, and the temporary folders are gone."""
    source = (spec / "Door.tla").read_text(encoding="utf-8").replace("Len(queue) < 1", "Len(queue) < 9")
    (spec / "Door.tla").write_text(source.replace(".entered < 1", ".entered < 2"), encoding="utf-8")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    people = ", ".join(f"p{n}" for n in range(9))
    manifest = (spec / "models.toml").read_text(encoding="utf-8").replace('"{p, q}"', '"{' + people + '}"')
    manifest = manifest.replace('["p", "q", ', "[" + ", ".join(f'"p{n}"' for n in range(9)) + ", ")
    (spec / "models.toml").write_text(manifest, encoding="utf-8")
    command = [sys.executable, "-c", "from proofs.cli.main import main; main()", "check", "Door", "--json", "out.json"]
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - ours
    try:
        assert wait_until(lambda: bool(list(temporary.glob("ringfence-tlc-*/meta/*"))))
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 143
    finally:
        process.kill()
        process.wait()
    assert list(temporary.iterdir()) == []
    assert json.loads(Path("out.json").read_text(encoding="utf-8"))["undecided"] == ["Door"]


def test_a_model_that_takes_too_long_is_unknown(spec: Path) -> None:
    """A model that is not done in its time is unknown, and exits 3."""
    assert spec.is_dir()
    assert run(["check", "Door", "--timeout", "0.05", "--json", "out.json"]) == 3
    row = json.loads(Path("out.json").read_text(encoding="utf-8"))["models"][0]
    assert (row["outcome"], row["verdict"]) == ("timeout", "unknown")


def test_progress_tells_states_and_rate(capsys: pytest.CaptureFixture[str]) -> None:
    """While models run, each one's states, distinct states, queue and rate are told."""
    now = [0.0]
    with ModelProgress(sys.stderr, clock=lambda: now[0]) as progress:
        progress("models", {"left": 2})
        progress("counts", {"model": "Door", "generated": 4321, "distinct": 1234, "queue": 7, "rate": 99})
        now[0] = 9.0
        progress("models", {"left": 2})
    told = "9 s; 0 done, 2 left; Door: 4,321 states, 1,234 distinct, 7 queued, 99 a minute"
    assert told in capsys.readouterr().err
