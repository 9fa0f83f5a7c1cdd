"""`apalache-check`: every recorded run of the real tool, replayed by a stand-in that also lies, hangs, dies and leaves files."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proofs.cli.apalache import app
from proofs.cli.main import run
from proofs.tla.engines.apalache_output import judge, listen
from proofs.tla.results import Outcome
from tests.places import TLA_DATA

HERE = TLA_DATA / "apalache"
TRANSCRIPTS = HERE / "transcripts"
RECORDED: list[tuple[str, Outcome, int, str]] = [
    ("no-error", Outcome.PASS, 0, ""),
    ("inductive", Outcome.PASS, 0, ""),
    ("violation", Outcome.VIOLATION, 1, "Invariant NoStale is violated"),
    ("not-inductive", Outcome.VIOLATION, 1, "Invariant NoStale is violated"),
    ("deadlock", Outcome.DEADLOCK, 1, "no step is possible"),
    ("unsat-init", Outcome.VACUOUS, 3, "no state satisfies"),
    ("too-short", Outcome.VACUOUS, 3, "no state satisfies"),
    ("ill-typed", Outcome.WRONG, 2, "with types Int, Str"),
    ("untyped", Outcome.WRONG, 2, "Expected a type annotation for VARIABLE x"),
    ("missing-operator", Outcome.WRONG, 2, "Operator NoSuch not found"),
    ("syntax-error", Outcome.WRONG, 2, "Could not parse module Broken"),
    ("usage", Outcome.CRASH, 70, "No option found for --bogus"),
    ("version", Outcome.CRASH, 70, "without an outcome"),
]


def entry(name: str, **more: Any) -> dict[str, Any]:
    """Return what the stand-in is to do: replay a transcript, with changes."""
    lines = (TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    trace = TRANSCRIPTS / f"{name}.itf.json"
    itf = trace.read_text(encoding="utf-8") if trace.exists() else ""
    return {"lines": lines[1:-1], "status": int(lines[-1].rpartition(" ")[2]), "itf": itf, **more}


class StandIn:
    """An installation whose Apalache is the stand-in."""

    def __init__(self, folder: Path) -> None:
        """Install it."""
        self.bin = folder / "apalache" / "bin"
        self.bin.mkdir(parents=True)
        source = (HERE / "stand_in.py").read_text(encoding="utf-8")
        program = self.bin / "apalache-mc"
        program.write_text(f"#!{sys.executable}\n{source}", encoding="utf-8")
        program.chmod(0o755)

    def plays(self, *entries: dict[str, Any]) -> None:
        """Say what it does at each start."""
        (self.bin / "play.json").write_text(json.dumps(entries), encoding="utf-8")

    def seen(self) -> list[dict[str, Any]]:
        """Return with what it was started."""
        found: list[dict[str, Any]] = json.loads((self.bin / "seen.json").read_text(encoding="utf-8"))
        return found


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Install the stand-in, and go to a folder with the specification."""
    go_to_work(tmp_path, monkeypatch)
    return StandIn(tmp_path)


def go_to_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to a folder with the specification, and name the installation that stands beside it."""
    monkeypatch.setenv("APALACHE_HOME", str(folder / "apalache"))
    work = folder / "work"
    work.mkdir()
    (work / "Frames.tla").write_text((HERE / "specs" / "Frames.tla").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(work)


def check(*arguments: str) -> int:
    """Run `apalache-check` on the specification."""
    return run(["--cinit", "CInit", "--inv", "NoStale", *arguments, "Frames.tla"], app, "apalache-check")


@pytest.mark.parametrize(("name", "outcome", "code", "told"), RECORDED)
def test_each_recorded_run_has_its_verdict(  # noqa: PLR0913, PLR0917 - the columns of the table
    stand_in: StandIn, capsys: pytest.CaptureFixture[str], name: str, outcome: Outcome, code: int, told: str
) -> None:
    """Every run that was recorded of the real tool gets its outcome, its exit code and its cause."""
    stand_in.plays(entry(name))
    assert check("--json", "out.json") == code
    data = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert data["outcome"] == outcome
    assert told in data["message"]
    assert (data["counterexample"] is not None) == (outcome in (Outcome.VIOLATION, Outcome.DEADLOCK))
    assert told in capsys.readouterr().out


def test_every_transcript_is_in_the_table() -> None:
    """No recorded run is left out of the tests."""
    assert {name for name, *_ in RECORDED} == {path.stem for path in TRANSCRIPTS.glob("*.txt")}


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("violation", 0, 1),
        ("deadlock", 0, 1),
        ("no-error", 12, 0),
        ("too-short", 12, 3),
        ("syntax-error", 0, 2),
        ("version", 12, 70),
    ],
)
def test_the_exit_status_is_not_believed(stand_in: StandIn, name: str, status: int, code: int) -> None:
    """The outcome line decides; without one there is no pass, whatever the status."""
    stand_in.plays(entry(name, status=status))
    assert check() == code


@pytest.mark.parametrize("word", ["SmtTimeout", "RuntimeError", "Interrupted", "NoErrors", "ExecutionsTooShort"])
def test_no_other_outcome_is_a_pass(stand_in: StandIn, word: str) -> None:
    """With exit status 0, any outcome but NoError, also one that nobody knows, is no pass."""
    play = entry("no-error")
    play["lines"] = [line.replace("is: NoError", f"is: {word}") for line in play["lines"]]
    stand_in.plays(play)
    assert check() in (3, 70)


@pytest.mark.parametrize("name", [name for name, *_ in RECORDED])
def test_output_cut_short_is_never_a_pass(name: str) -> None:
    """Wherever the output ends before the outcome line does, also within that line, it is no pass."""
    lines = entry(name)["lines"]
    end = next((n for n, line in enumerate(lines) if line.startswith("The outcome is")), len(lines))
    for cut in range(end + 1):
        part = [*lines[:cut], *([lines[cut][:20]] if cut < len(lines) else [])]
        assert judge(listen(part), 0, (), lambda _: None).outcome != Outcome.PASS


def test_a_violation_is_a_table_and_an_itf_file(stand_in: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """A violation is shown as what changed at each step, and saved as ITF."""
    stand_in.plays(entry("violation"))
    assert check("--save", "out") == 1
    assert "cached: gains 3" in capsys.readouterr().out
    assert len(json.loads(Path("out/Frames.itf.json").read_text(encoding="utf-8"))["states"]) == 4


def test_a_run_that_takes_too_long_is_ended(stand_in: StandIn) -> None:
    """When the time is up the run is ended and nothing is known, even if it had printed all but its end."""
    stand_in.plays(entry("no-error", sleep=60))
    assert check("--timeout", "2", "--json", "out.json") == 3
    data = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert (data["outcome"], data["verdict"], data["seconds"] < 30) == ("timeout", "unknown", True)


@pytest.mark.parametrize("cut", [0, 60, 75])
def test_a_run_that_is_killed_says_nothing(stand_in: StandIn, cut: int) -> None:
    """A run that was killed, early or late, is no pass and no violation."""
    stand_in.plays(entry("no-error", cut=cut, signal=signal.SIGKILL))
    assert check("--json", "out.json") == 3
    assert json.loads(Path("out.json").read_text(encoding="utf-8"))["outcome"] == "killed"


def test_nothing_of_the_users_surroundings_leaks_in(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apalache's variables, its file of options and earlier results do not reach a run, and its folder is empty."""
    leaks = ("OUT_DIR", "RUN_DIR", "CONFIG_FILE", "PORT", "SMT_ENCODING", "SMT_SOLVER", "WRITE_INTERMEDIATE", "PROFILING")
    for name in leaks:
        monkeypatch.setenv(name, "leaked")
    Path(".apalache.json").write_text("{}", encoding="utf-8")
    Path("violation1.itf.json").write_text("{}", encoding="utf-8")
    Path("_apalache-out").mkdir()
    stand_in.plays(entry("no-error"), entry("no-error"))
    assert (check(), check()) == (0, 0)
    for seen in stand_in.seen():
        assert not set(leaks) & set(seen["environment"])
        assert seen["files"] == ["Frames.tla"]
        assert seen["empty"]
        assert seen["environment"]["JVM_ARGS"].startswith("-Xmx")
    assert len({seen["environment"]["TMPDIR"] for seen in stand_in.seen()}) == 2


def test_another_runs_trace_is_not_shown(stand_in: StandIn) -> None:
    """A trace outside the run's own folder is another run's, and a violation without a trace is still one."""
    stale = Path("violation1.itf.json").resolve()
    stale.write_text(entry("violation")["itf"], encoding="utf-8")
    play = entry("violation", itf="")
    play["lines"] = [
        f"Check the trace in: {stale} I@02:34:32.553" if line.startswith("Check the trace") else line for line in play["lines"]
    ]
    stand_in.plays(play)
    assert check("--json", "out.json") == 1
    assert json.loads(Path("out.json").read_text(encoding="utf-8"))["counterexample"] is None


def test_the_question_is_put_in_the_recorded_words(stand_in: StandIn) -> None:
    """The command line has the options that the recorded runs have, and no other."""
    stand_in.plays(entry("no-error"))
    assert check("--next", "NextBad", "--length", "6", "--inv", "TypeOK") == 0
    arguments = stand_in.seen()[0]["arguments"]
    assert arguments[0] == "check"
    assert arguments[1].startswith("--out-dir=")
    assert arguments[2:] == ["--cinit=CInit", "--init=Init", "--next=NextBad", "--inv=NoStale,TypeOK", "--length=6", "Frames.tla"]


@pytest.mark.parametrize(
    ("plays", "code", "outcome", "verdict"),
    [
        (["no-error", "inductive", "no-error"], 0, "pass", "inductive for these constants"),
        (["violation"], 1, "violation", "refuted"),
        (["unsat-init"], 3, "vacuous", "vacuous"),
        (["no-error", "not-inductive"], 3, "not-inductive", "not-inductive"),
        (["no-error", "unsat-init"], 3, "vacuous", "vacuous"),
        (["no-error", "deadlock"], 3, "vacuous", "vacuous"),
        (["no-error", "inductive", "violation"], 3, "too weak", "inductive, but it does not imply what was asked"),
        (["no-error", "ill-typed"], 2, "wrong", "unknown"),
    ],
)
def test_three_checks_make_an_inductive_invariant(
    stand_in: StandIn, plays: list[str], code: int, outcome: str, verdict: str
) -> None:
    """Only if it holds at first, no step leaves it, and it implies the property, is it inductive; the first failure ends it."""
    stand_in.plays(*map(entry, plays))
    assert check("--inductive", "IndInv", "--json", "out.json") == code
    data = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert (data["outcome"], data["verdict"]) == (outcome, verdict)
    asked = [[a for a in seen["arguments"] if a.startswith(("--init", "--inv", "--length"))] for seen in stand_in.seen()]
    assert (
        asked
        == [
            ["--init=Init", "--inv=IndInv", "--length=0"],
            ["--init=IndInv", "--inv=IndInv", "--length=1"],
            ["--init=IndInv", "--inv=NoStale", "--length=0"],
        ][: len(plays)]
    )


def test_an_inductive_invariant_that_is_too_weak_is_called_so(stand_in: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """It is inductive, and what was asked does not follow: neither is it refuted, nor is the invariant no invariant."""
    stand_in.plays(*map(entry, ("no-error", "inductive", "violation")))
    assert check("--inductive", "IndInv") == 3
    shown = capsys.readouterr().out
    assert "IndInv is inductive, and does not imply NoStale: Invariant NoStale is violated." in " ".join(shown.split())
    assert "not-inductive" not in shown


def test_a_syntax_error_has_a_file_and_a_line(stand_in: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """Apalache names the module alone; SANY says where in it, before that."""
    Path("Broken.tla").write_text((HERE / "specs" / "Broken.tla").read_text(encoding="utf-8"), encoding="utf-8")
    stand_in.plays(entry("syntax-error"))
    assert run(["--inv", "Inv", "Broken.tla"], app, "apalache-check") == 2
    shown = capsys.readouterr().out
    assert 'Broken.tla:6:15: Was expecting "==== or more Module body" Encountered "0" at line 6, column 15' in shown
    assert "Could not parse module Broken" in shown


def test_where_a_syntax_error_is_needs_tlcs_jar(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the jar that SANY comes in, the error is told as Apalache has it, and how to learn where it is."""
    monkeypatch.setattr("proofs.tla.engines.sany.known_jar", lambda: None)
    stand_in.plays(entry("syntax-error"))
    assert check() == 2
    shown = " ".join(capsys.readouterr().out.split())
    assert "Could not parse module Broken" in shown
    assert "SANY says on which line; it comes with TLC" in shown


def test_an_apalache_without_its_java_is_not_found(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Java of an older kind cannot load it: that is no answer and no defect, and the number in the message is no version."""
    program = stand_in.bin / "apalache-mc"
    told = "java.lang.UnsupportedClassVersionError: at/forsyte/apalache/tla/Tool has been compiled by class file version 65.0"
    program.write_text(f"#!/bin/sh\necho 'Error: LinkageError' >&2\necho '{told}' >&2\nexit 1\n", encoding="utf-8")
    assert check() == 4
    assert "Apalache needs Java 21 or later" in capsys.readouterr().err
    assert run(["check", "--engine", "apalache", "Isolation_apalache"]) == 4
    assert "Apalache needs Java 21 or later" in capsys.readouterr().err
    assert doctor(monkeypatch, capsys)["Apalache"] == (None, "Apalache needs Java 21 or later")


def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[str | None, str]]:
    """Return the version of each tool that `doctor` tells, and the beginning of what is wrong with it."""
    monkeypatch.setattr("proofs.cli.commands.tools.PACKAGES", ())
    monkeypatch.setattr("proofs.cli.commands.tools.known_jar", lambda: None)
    assert run(["doctor", "--json", "-"]) == 0
    return {
        t["name"]: (t["version"], t["wrong"].partition(", and that of")[0]) for t in json.loads(capsys.readouterr().out)["tools"]
    }


@pytest.mark.parametrize(
    ("printed", "status", "told"),
    [
        ("0.62.1", 0, ("apalache-mc 0.62.1", "")),
        ("0.62.1", 1, (None, "found, but does not run (status 1): 0.62.1")),
        ("cannot find 4.5.6", 0, (None, "found, but does not run (status 0): cannot find 4.5.6")),
        ("", 0, (None, "found, but does not run (status 0): it prints nothing")),
    ],
)
def test_doctor_believes_a_version_of_a_run_that_succeeds(  # noqa: PLR0913, PLR0917 - the columns of the table
    stand_in: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    printed: str,
    status: int,
    told: tuple[str | None, str],
) -> None:
    """A number counts where the tool prints nothing else on the line, and ends as it should."""
    program = stand_in.bin / "apalache-mc"
    program.write_text(f"#!/bin/sh\necho '{printed}'\nexit {status}\n", encoding="utf-8")
    assert doctor(monkeypatch, capsys)["Apalache"] == told


def test_an_interrupt_keeps_what_is_known(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt in the second of three checks ends with its code, and the first check is reported."""
    stand_in.plays(entry("no-error"), entry("no-error"))
    real: Callable[..., Any] = judge

    def once(*arguments: Any) -> Any:
        if len(stand_in.seen()) > 1:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr("proofs.tla.engines.apalache.judge", once)
    assert check("--inductive", "IndInv", "--json", "out.json") == 130
    data = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert [made["claim"] for made in data["checks"]] == ["Init implies IndInv"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["Missing.tla"], "no such .tla file"),
        (["--inv", "A;B", "Frames.tla"], "no name of an operator"),
        (["--length", "-1", "Frames.tla"], "--length"),
        (["--engine", "z3", "Frames.tla"], "--engine"),
    ],
)
def test_wrong_input_exits_2(stand_in: StandIn, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str) -> None:
    """Wrong input is 2, before anything is started."""
    stand_in.plays()
    assert run(arguments, app, "apalache-check") == 2
    assert told in capsys.readouterr().err


def test_a_missing_apalache_exits_4(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without Apalache the exit code is 4, with where to get it; nothing has passed."""
    assert stand_in.bin.is_dir()
    monkeypatch.delenv("APALACHE_HOME")
    monkeypatch.setenv("PATH", os.defpath)
    assert check() == 4
    assert "github.com/apalache-mc/apalache" in capsys.readouterr().err


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--next", "NextBad", "--length", "3"], 1, "4  ReclaimEarly"),
        (["--next", "NextBad", "--length", "2"], 0, "bounded"),
        (["--inductive", "IndInv"], 0, "inductive for these constants"),
    ],
)
def test_tlc_answers_in_its_place(capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, told: str) -> None:
    """With --engine tlc the same question, to the same number of steps, goes to TLC, and the answer says so."""
    assert check("--engine", "tlc", *arguments) == code
    shown = capsys.readouterr().out
    assert told in shown
    assert "in place of Apalache" in shown


@pytest.mark.usefixtures("stand_in")
def test_tlc_needs_constants_that_it_can_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    """Constants that are no equations cannot be given to TLC, which is an error and no pass."""
    source = Path("Frames.tla").read_text(encoding="utf-8").replace("Frame = 1..3", "Frame \\in SUBSET (1..3)")
    Path("Frames.tla").write_text(source, encoding="utf-8")
    assert check("--engine", "tlc") == 2
    assert "no conjunction" in capsys.readouterr().err
