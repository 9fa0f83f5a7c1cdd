"""The command line: exit codes, what goes to which stream, and the formats that a CI reads."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from proofs import policies
from proofs.cli import exits
from proofs.cli.commands import zoo as zoo_command
from proofs.cli.main import run
from proofs.policies import LoadedPolicy, PolicyError, zoo
from proofs.prove import prove as prover
from proofs.prove.cache import FILE
from proofs.prove.prove import ProveOptions
from proofs.report import prove_text
from proofs.report.json_report import dumps, prove_json, schema
from proofs.report.progress import Progress
from proofs.report.prove_text import Shown, runs_of
from proofs.report.refutation.telling import Told
from proofs.theorems import CATALOGUE, Theorem
from proofs.traces import Trace, load, resolved, trace_steps
from proofs.verdicts import Counterexample, Obligation, ObligationVerdict, ProveReport, TheoremResult, Verdict
from pymodel.machine import Hypervisor
from tests.places import POLICIES, ROOT

CLAUSE = "no_table_is_mapped"


def result(verdict: Any = Verdict.PROVED, name: str = "TST-1", **more: Any) -> TheoremResult:
    """Return a theorem's result."""
    facts = {"obligations": 7, "framed": 3, "witnesses": 2, "seconds": 0.5, "solvers": {"z3": "5.4"}}
    return TheoremResult(name, "TST", "No table is mapped.", "system", verdict, **{**facts, **more})


def report(*results: TheoremResult, **more: Any) -> ProveReport:
    """Return a report of `prove`."""
    return ProveReport("fake", "digest", "0.1.0", theorems=list(results), obligations=7, framed=3, seconds=0.5, **more)


def refuted() -> TheoremResult:
    """Return a refuted theorem with a trace."""
    trace = Trace("fake", "small", trace_steps([("first\x07", {})]))
    return result("refuted", counterexample=Counterexample(CLAUSE, from_boot=True, trace=trace))


def in_words(report: ProveReport) -> Shown:
    """Return what a reader is shown of the runs that refute: here, their names alone."""
    names = [(trace, " ".join(step.name for step in trace.steps)) for trace in runs_of(report)]
    told = [Told(trace, 1, statement=CLAUSE, theorems=["TST-1"], broken=[CLAUSE], by=f"TRACE {name}") for trace, name in names]
    for one in told:
        one.file, one.line = "fake.py", 7
    return Shown(told)


class Fakes:
    """The checkers that others provide, replaced: what the prover was asked, and what it shall answer."""

    def __init__(self) -> None:
        """Answer with one proved theorem."""
        self.answer: Callable[..., ProveReport] = lambda *_: report(result())
        self.policies: list[str] = []
        self.options: list[ProveOptions] = []

    def prove(self, policy: Any, options: ProveOptions, progress: Any) -> ProveReport:
        """Keep what was asked, and answer."""
        self.options.append(options)
        return self.answer(policy, options, progress)

    def load(self, spec: str) -> Any:
        """Load anything but a policy called bad."""
        self.policies.append(spec)
        if spec == "bad.py":
            raise PolicyError("no class there", "bad.py", 3)
        return LoadedPolicy(spec, spec, Hypervisor)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Fakes]:
    """Stand in for the checkers, in an empty folder, with two theorems."""
    fake = Fakes()
    monkeypatch.setattr(prover, "prove", fake.prove)
    monkeypatch.setattr(policies, "load", fake.load)
    monkeypatch.setattr(prove_text, "shown_of", lambda report, _policy: in_words(report))
    theorems = {i: Theorem(i, "S", f"Title of {i}.", (CLAUSE,), open=("the rest",)) for i in ("TST-1", "TST-2", "OTH-1")}
    monkeypatch.setattr(CATALOGUE, "theorems", theorems)
    monkeypatch.chdir(tmp_path)
    yield fake
    exits._TERMINATED.clear()


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        ("proved", 0),
        ("open", 0),
        ("refuted", 1),
        ("not-inductive", 3),
        ("vacuous", 3),
        ("unknown", 3),
        ("bounded", 3),
        ("disagreement", 5),
        ("surely", 70),
    ],
)
def test_each_verdict_has_its_exit_code(fakes: Fakes, verdict: str, code: int) -> None:
    """A verdict decides the exit code; one that nobody knows is an internal error."""
    fakes.answer = lambda *_: report(result(), result(verdict, "TST-2"))
    assert run(["prove"]) == code


@pytest.mark.parametrize(("verdict", "code"), [("cti", 3), ("unknown", 3), ("disagreement", 5)])
def test_a_failed_obligation_is_never_a_success(fakes: Fakes, verdict: str, code: int) -> None:
    """An obligation that fails decides the exit code even if no theorem shows it."""
    failed = Obligation("unmap", CLAUSE, ObligationVerdict(verdict), where="x.py:3: why")
    fakes.answer = lambda *_: report(result(), failures=[failed])
    assert run(["prove"]) == code


@pytest.mark.parametrize("results", [[], [result("open", obligations=0)]])
def test_a_run_that_shows_nothing_is_no_success(fakes: Fakes, results: list[TheoremResult]) -> None:
    """Nothing proved is not everything proved."""
    fakes.answer = lambda *_: report(*results)
    assert run(["prove"]) == 3


@pytest.mark.parametrize(
    ("codes", "winner"),
    [((), 0), ((0, 3), 3), ((3, 4), 4), ((4, 2, 3), 2), ((2, 1), 1), ((1, 70), 70), ((70, 5, 1), 5), ((0, 99), 70)],
)
def test_the_worst_code_wins(codes: tuple[int, ...], winner: int) -> None:
    """The first of 5, 70, 1, 2, 4, 3 wins."""
    assert exits.worst(*codes) == winner


@pytest.mark.parametrize(("verdict", "code"), [("refuted", 0), ("unknown", 0), ("surely", 70)])
def test_exit_zero_forgives_verdicts_only(fakes: Fakes, verdict: str, code: int) -> None:
    """`--exit-zero` turns 1 and 3 into 0, and a defect of ours stays one."""
    fakes.answer = lambda *_: report(result(verdict))
    assert run(["prove", "--exit-zero"]) == code


@pytest.mark.parametrize("error", [RuntimeError("boom"), SystemExit(0), MemoryError(), AssertionError()])
def test_a_crash_is_not_a_verdict(fakes: Fakes, capsys: pytest.CaptureFixture[str], error: BaseException) -> None:
    """Any unexpected exception, also a policy's `sys.exit(0)`, exits 70 with a traceback on standard error."""

    def crash(*_: Any) -> ProveReport:
        raise error

    fakes.answer = crash
    assert run(["prove"]) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["prove", "--jbs", "3"], "--jbs"),
        (["prove", "--jobs", "0"], "--jobs"),
        (["prove", "--solver", "yices"], "--solver"),
        (["nothing"], "nothing"),
        (["explain"], "--trust"),
        (["explain", "TST-9"], "TST-1"),
        (["cite", "TST"], "TST-1, TST-2"),
        (["cite", "TST-1", "--json", "--markdown"], "not both"),
        (["prove", "bad.py"], "bad.py:3: no class there"),
        (["prove", "--only", "TTS-1"], "close: TST-1"),
        (["prove", "--only", "TST", "--only", "nowhere"], "'nowhere'"),
        (["prove", "--json", "no/such/folder.json"], "no/such/folder.json"),
        (["reach", "a", "b", "c"], "EXPRESSION"),
        (["reach", "1 +"], "not Python"),
    ],
)
def test_wrong_input_exits_2_and_says_why(
    fakes: Fakes, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    """Wrong input is 2, with what was wrong on standard error and nothing on standard output."""
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.out == ""
    assert fakes.options == []


@pytest.mark.parametrize(("only", "asked"), [(["tst"], ("TST-1", "TST-2")), (["OTH-1", "TST-2"], ("TST-2", "OTH-1"))])
def test_only_takes_ids_and_areas(fakes: Fakes, only: list[str], asked: tuple[str, ...]) -> None:
    """`--only` names theorems by ID or area, in any case, and the prover gets the IDs in their order."""
    run(["prove", *[word for name in only for word in ("--only", name)]])
    assert fakes.options[0].only == asked


def test_a_missing_solver_exits_4(fakes: Fakes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A solver that is not installed is 4, with how to get it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "cvc5" else name)
    assert run(["prove", "--solver", "all"]) == 4
    assert "pip install 'ringfence[crosscheck]'" in capsys.readouterr().err
    assert fakes.options == []


def test_json_on_standard_output_stands_alone(fakes: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--json -` standard output is JSON that fits the schema; results and a policy's own prints go elsewhere."""

    def chatty(*_: Any) -> ProveReport:
        print("a policy prints")  # noqa: T201 - that is the point
        return report(refuted(), failures=[Obligation("unmap", CLAUSE, ObligationVerdict.CTI, cti={"broken": ["it"], "state": {}})])

    fakes.answer = chatty
    assert run(["prove", "--json", "-"]) == 1
    shown = capsys.readouterr()
    data = json.loads(shown.out)
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(data, schema())
    assert data["summary"]["refuted"] == 1
    assert data["theorems"][0]["counterexample"]["from_boot"] is True
    assert "a policy prints" in shown.err
    assert "TRACE first" in shown.err


@pytest.mark.parametrize("change", [{"verdict": "surely"}, {"seconds": -1.0}, {"assumes": "none"}])
def test_the_schema_refuses_what_is_wrong(change: dict[str, Any]) -> None:
    """The schema is not one that accepts everything."""
    data = prove_json(report(dataclasses.replace(result(), **change)))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema())


def test_json_is_canonical() -> None:
    """The same report gives the same bytes, in whatever order its failures came."""
    one, two = (Obligation(step, CLAUSE, ObligationVerdict.CTI) for step in ("map", "unmap"))
    assert dumps(prove_json(report(failures=[one, two]))) == dumps(prove_json(report(failures=[two, one])))


def test_junit_has_one_case_for_each_theorem(fakes: Fakes, tmp_path: Path) -> None:
    """Refuted is a failure, undecided an error, open skipped, proved plain; what XML cannot hold is replaced."""
    fakes.answer = lambda *_: report(result(), refuted(), result("unknown", reason="a limit"), result("open", open=["the rest"]))
    assert run(["prove", "--junit", "out.xml"]) == 1
    root = ET.fromstring((tmp_path / "out.xml").read_text(encoding="utf-8"))  # noqa: S314 - we wrote it
    kinds = [[child.tag for child in case] for case in root.iter("testcase")]
    assert kinds == [[], ["failure"], ["skipped"], ["skipped"]]
    assert root.attrib["tests"] == "4"
    case = list(root.iter("testcase"))[1]
    assert "TRACE first?" in str(case.findtext("failure"))
    assert (case.attrib["file"], case.attrib["line"]) == ("fake.py", "7")


def test_junit_has_the_run_once(fakes: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    """What one run refutes is a failure each, and the run stands in the first; else what is undecided is an error."""
    one, other = refuted(), refuted()
    other.counterexample = one.counterexample
    fakes.answer = lambda *_: report(one, other)
    assert run(["prove", "--junit", "-"]) == 1
    out = capsys.readouterr().out
    assert (out.count("<failure"), out.count("TRACE first?</failure>") + out.count("TRACE first?: ")) == (2, 1)
    fakes.answer = lambda *_: report(result("unknown", reason="a limit"))
    assert run(["prove", "--junit", "-"]) == 3
    assert "<error" in capsys.readouterr().out


def test_the_verdict_is_the_first_line(fakes: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing stands in front of a refutation; the header is folded, each refuted theorem has a line, and the rest is counted."""
    left = result("unknown", "OTH-1", reason="9 steps were not decided, pin among them: not pursued, since the policy is refuted")
    fakes.answer = lambda *_: report(result(name="TST-2"), refuted(), left, overridden=[{"name": "pin", "place": "fake.py:3"}])
    assert run(["prove"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["REFUTED  TST-1  No table is mapped.", "policy   fake: overrides 1"]
    assert [line.split()[1] for line in lines if line.startswith("refuted ")] == ["TST-1"]
    assert any(line.startswith("1 proved, 1 refuted, 1 not pursued;") for line in lines)
    assert run(["prove", "-v"]) == 1
    assert "overrides pin (fake.py:3)" in capsys.readouterr().out
    assert run(["prove", "--quiet"]) == 1
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["proved", "refuted", "not", "1"]


def test_what_a_policy_assumes_is_never_left_out(fakes: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    """With one line for each theorem too, the folded header stands in front where the policy assumes something."""
    fakes.answer = lambda *_: report(result(), assumed=[{"name": "quiet", "reason": "nobody shouts", "place": "mine.py:4"}])
    assert run(["prove", "--quiet"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "policy   fake: assumes 1"


def test_failures_fit_on_one_screen(fakes: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not proved is one line each, of some, and the states are there with -v."""
    cti = {"arguments": {"pin": 7}, "state": {}}
    failed = [Obligation(f"step{n}", CLAUSE, ObligationVerdict.CTI, where="x.py:3: why", cti=cti) for n in range(40)]
    fakes.answer = lambda *_: report(result("not-inductive"), failures=failed)
    assert run(["prove"]) == 3
    out = capsys.readouterr().out
    assert (out.count("against"), "28 more" in out, "pin=7" in out) == (12, True, False)
    assert run(["prove", "-v"]) == 3
    out = capsys.readouterr().out
    assert (out.count("against"), out.count("pin=7")) == (40, 40)


@pytest.mark.parametrize("place", ["no/such/out.xml", "/proc/out.xml"])
def test_a_place_that_cannot_be_written_is_told_first(fakes: Fakes, capsys: pytest.CaptureFixture[str], place: str) -> None:
    """A folder that is missing or cannot be written to ends the run before anything is proved; for traces a folder is made."""
    for option in ("--json", "--junit", "--pytest"):
        assert run(["prove", option, place]) == 2
        assert place in capsys.readouterr().err
    assert run(["prove", "--save", "/proc/traces"]) == 2
    assert run(["prove", "--json", "-", "--junit", "-"]) == 2
    assert fakes.options == []


def test_the_runs_are_saved(fakes: Fakes) -> None:
    """Each run is saved once, with the policy's file as it is named from there, and as a test that runs as it is."""
    trace = Trace("mine.py::Mine", "small", trace_steps([("boot", {})]), CLAUSE)
    found = result("refuted", counterexample=Counterexample(CLAUSE, from_boot=True, trace=trace))
    fakes.answer = lambda *_: report(found, dataclasses.replace(found, id="TST-2"))
    assert run(["prove", "--save", "kept/runs", "--pytest", "test_mine.py"]) == 1
    (saved,) = Path("kept/runs").iterdir()
    assert load(saved).policy == "../../mine.py::Mine"
    Path("mine.py").touch()
    assert resolved(load(saved), saved.parent).policy == "mine.py::Mine"
    compile(Path("test_mine.py").read_text(encoding="utf-8"), "test_mine.py", "exec")


def test_a_report_that_cannot_be_written_exits_2_after_the_results(fakes: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    """A full disk is said, the results are printed all the same, and a refutation still wins."""
    assert run(["prove", "--json", "/dev/full"]) == 2
    shown = capsys.readouterr()
    assert "/dev/full" in shown.err
    assert "1 proved" in shown.out
    fakes.answer = lambda *_: report(refuted())
    assert run(["prove", "--json", "/dev/full"]) == 1


def test_an_interrupt_prints_what_is_known(fakes: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C exits 130, and the theorems that were decided are printed and written."""

    def interrupted(*_: Any) -> ProveReport:
        raise KeyboardInterrupt

    fakes.answer = lambda *_: report(refuted(), interrupted=True)
    assert run(["prove", "--json", "out.json"]) == 130
    out = capsys.readouterr().out
    assert "TRACE first" in out
    assert "Interrupted" in out
    assert json.loads(Path("out.json").read_text(encoding="utf-8"))["interrupted"] is True
    fakes.answer = interrupted
    assert run(["prove"]) == 130
    assert "Interrupted" in capsys.readouterr().out


SLEEPER = """
import sys, time
sys.path.insert(0, {root!r})
from proofs import policies
from proofs.prove import prove as prover
def prove(policy, options, progress):
    print("ready", file=sys.stderr, flush=True)
    time.sleep(60)
prover.prove = prove
from proofs.cli.main import main
sys.argv = ["ringfence", "prove"]
main()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_has_its_exit_code(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """A real process that gets SIGINT or SIGTERM says what is known and exits 130 or 143."""
    command = [sys.executable, "-c", SLEEPER.format(root=str(ROOT))]
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "ready\n"
        time.sleep(0.2)
        os.kill(process.pid, number)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Interrupted" in out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("jbos = 2", "pyproject.toml:3: [tool.ringfence] has no key 'jbos'; did you mean 'jobs'?"),
        ("solver = 'yices'", "pyproject.toml:3: [tool.ringfence] solver takes one of"),
        ("jobs = true", "pyproject.toml:3: [tool.ringfence] jobs takes int"),
        ("jobs = 0", "at least 1"),
        ("only = [1]", "a list of IDs or areas"),
        ("jobs = ", "pyproject.toml:"),
    ],
)
def test_a_wrong_default_is_shown_with_its_line(fakes: Fakes, capsys: pytest.CaptureFixture[str], text: str, told: str) -> None:
    """A key or value of `[tool.ringfence]` that is not understood is 2, with file, line and key."""
    Path("pyproject.toml").write_text(f"# settings\n[tool.ringfence]\n{text}\n", encoding="utf-8")
    assert run(["prove"]) == 2
    assert told in capsys.readouterr().err
    assert fakes.options == []


def test_the_command_line_wins_over_the_file(fakes: Fakes) -> None:
    """Defaults come from the file, and the command line wins."""
    lines = ["[tool.ringfence]", "policy = 'mine.py'", "jobs = 3", "cache = false", "all = true", "budget = 9"]
    Path("pyproject.toml").write_text("\n".join(lines), encoding="utf-8")
    run(["prove"])
    run(["prove", "yours.py", "--jobs", "4", "--cache", "--budget", "1.5"])
    Path("pyproject.toml").write_text("[tool.ringfence]\nfail-fast = false", encoding="utf-8")
    run(["prove"])
    run(["prove", "--fail-fast"])
    run(["prove", "--all"])
    picked = [(o.jobs, o.cache, o.everything, o.budget) for o in fakes.options[:2]]
    assert fakes.policies[:2] == ["mine.py", "yours.py"]
    assert picked == [(3, False, True, 9), (4, True, True, 1.5)]
    assert [o.everything for o in fakes.options[2:]] == [True, False, True]


def test_assumptions_come_first_and_open_clauses_beside_what_is_proved(fakes: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    """A policy's assumption is printed before any theorem; each clause of an open theorem says what it is."""
    fakes.answer = lambda *_: report(
        result("open", open=["the rest"]),
        assumed=[{"name": "quiet", "reason": "nobody shouts", "place": "mine.py:4"}],
        dead=["unmap"],
    )
    run(["prove"])
    out = capsys.readouterr().out
    assert out.index("nobody shouts (mine.py:4)") < out.index("TST-1")
    assert f"proved  {CLAUSE}" in out
    assert "open    the rest" in out
    assert "No run was found in which these succeed: unmap" in out
    assert "not about your code" in out


def test_no_clause_is_called_proved_under_a_theorem_that_fails(fakes: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the theorem is refuted or unknown, its clauses are not listed as proved."""
    fakes.answer = lambda *_: report(result("unknown", open=["the rest"]), result("open", obligations=0, open=["all"]))
    run(["prove"])
    assert f"proved  {CLAUSE}" not in capsys.readouterr().out


def test_list_and_explain_show_the_statement(fakes: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    """`list` names every theorem; `explain` prints the very text that is proved, and the definitions it uses."""
    assert run(["list", "--json", "-"]) == 0
    assert [t["id"] for t in json.loads(capsys.readouterr().out)["theorems"]] == list(CATALOGUE.theorems)
    assert run(["explain", "tst-1"]) == 0
    out = capsys.readouterr().out
    assert f"def {CLAUSE}(" in out
    assert "def is_mapped_by(" in out
    assert "the rest" in out
    assert run(["explain", "--trust"]) == 0
    assert "Tested:" in capsys.readouterr().out
    assert fakes.options == []


@pytest.mark.parametrize("form", [[], ["--markdown"], ["--json"]])
def test_a_citation_says_what_is_not_claimed(fakes: Fakes, capsys: pytest.CaptureFixture[str], form: list[str]) -> None:
    """Each form of a citation holds the verdict, the evidence and the disclaimer."""
    fakes.answer = lambda *_: report(result("open", open=["the rest"]))
    assert run(["cite", "TST-1", *form]) == 0
    out = " ".join(capsys.readouterr().out.split())
    for text in ("TST-1", "open", "digest", "5.4", "the rest", "not about your code", "as a whole is open, not proved"):
        assert text in out


@pytest.mark.parametrize(
    ("fault", "twin", "code"),
    [
        ("refuted", "proved", 0),
        ("refuted", "open", 0),
        ("proved", "proved", 3),
        ("unknown", "proved", 3),
        ("refuted", "unknown", 3),
        ("refuted", "refuted", 1),
    ],
)
def test_the_zoo_compares_with_what_was_expected(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: str, twin: str, code: int
) -> None:
    """0 only if each fault is refuted where it says so and its twin nowhere."""
    monkeypatch.setattr(zoo_command, "entries", lambda: [zoo.Entry("early", "Too early", ("TST-1",), "zoo.early")])
    verdicts = {"zoo.early:Faulty": fault, "zoo.early:Fixed": twin}
    fakes.answer = lambda policy, *_: report(result(verdicts[policy.name]))
    assert run(["zoo", "EARLY", "--json", "-"]) == code
    data = json.loads(capsys.readouterr().out)
    assert data["summary"]["not_as_expected"] == (code != 0)
    assert [o.only for o in fakes.options] == [(), ()]
    assert run(["zoo", "late"]) == 2


def test_an_interrupt_ends_the_zoo(fakes: Fakes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The row that was interrupted is printed, and no other is begun."""
    monkeypatch.setattr(zoo_command, "entries", lambda: [zoo.Entry("early", "Too early", ("TST-1",), "zoo.early")])
    fakes.answer = lambda *_: report(refuted(), interrupted=True)
    assert run(["zoo", "--json", "-"]) in (130, 143)
    assert [row["which"] for row in json.loads(capsys.readouterr().out)["rows"]] == ["Faulty"]


def test_doctor_names_each_tool(fakes: Fakes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`doctor` lists every tool with its purpose, and exits 4 if a needed one is missing."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("APALACHE_HOME", raising=False)
    monkeypatch.setenv("RINGFENCE_TLC_JAR", str(ROOT / "README.md"))
    assert run(["doctor", "--json", "-"]) == 0
    tools = {t["name"]: t for t in json.loads(capsys.readouterr().out)["tools"]}
    assert set(tools) == {"z3-solver", "hypothesis", "cvc5", "bitwuzla", "java", "TLC", "Apalache", "QEMU"}
    assert tools["java"]["version"].startswith("java ")
    assert (tools["TLC"]["version"], tools["Apalache"]["version"], tools["QEMU"]["version"]) == (None, None, None)
    assert "README.md (RINGFENCE_TLC_JAR; its checksum is not looked at): found, but does not run (crash)" in tools["TLC"]["wrong"]
    monkeypatch.setattr("proofs.cli.commands.tools.PACKAGES", (("no-such-thing", "no_such_thing", True, "nothing"),))
    assert run(["doctor"]) == 4
    assert "needed and missing: no-such-thing; get it with: pip install ringfence" in capsys.readouterr().out
    assert fakes.options == []


def test_cache_can_be_emptied(
    fakes: Fakes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`cache` tells place and size, and `--clear` empties it, and leaves alone what else lies there."""
    monkeypatch.setenv("RINGFENCE_CACHE", str(tmp_path / "kept"))
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / FILE).write_bytes(b"12345")
    (tmp_path / "kept" / "tla2tools-1.jar").write_bytes(b"1")
    assert run(["cache"]) == 0
    assert f"{tmp_path / 'kept'}: 1 files, 5 bytes" in capsys.readouterr().out.replace("\n", "")
    assert run(["cache", "--clear"]) == 0
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["tla2tools-1.jar"]
    assert fakes.options == []


def test_plain_progress_names_what_is_slow(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal progress is plain lines, and the obligation that runs longest is named."""
    now = [0.0]
    with Progress(sys.stderr, clock=lambda: now[0]) as progress:
        progress("waiting", {"left": 2, "steps": ["unmap", "map"]})
        now[0] = 9.0
        progress("step", {"step": "map", "obligations": [Obligation("map", CLAUSE, ObligationVerdict.UNKNOWN, 0.1)]})
        now[0] = 18.0
        progress("waiting", {"left": 1, "steps": ["unmap"]})
    err = capsys.readouterr().err
    assert "1 obligations, 1 steps left, slow: unmap (18 s)" in err
    assert f"unknown: map against {CLAUSE} (0.1 s)" in err


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints it and asks for no command."""
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"ringfence {version('ringfence')}\n"


def test_what_the_engine_could_not_follow_is_told_before_anything_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    """Each such line of a policy is wrong input, told with file and column, whatever was to be done with it."""
    policy = POLICIES / "deceptive" / "enrol_counter.py"
    for command in ("prove", "fuzz"):
        assert run([command, str(policy)]) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert f"{policy}:20:9: ._enrol: the class Tick offers no such thing to a policy" in shown.err
        assert f"{policy}:21:58: .names: " in shown.err


def test_what_can_be_asked_of_nothing_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An argument of an invariant by which nothing is read is wrong input, and not an error of ours."""
    text = (POLICIES / "own.py").read_text(encoding="utf-8").replace("noted(s, pin) == s.pin[pin].live", "noted(s, pin + 1)")
    (tmp_path / "p.py").write_text(text, encoding="utf-8")
    for command in (["prove"], ["fuzz", "--seconds", "1"], ["cite", "OWN"]):
        words = (
            [*command, f"{tmp_path / 'p.py'}::Notes"]
            if command[0] != "cite"
            else ["cite", "OWN", "--policy", f"{tmp_path / 'p.py'}::Notes"]
        )
        assert run(words) == 2
        assert "a_pin_in_use_is_noted: each argument after s must be the key of something" in capsys.readouterr().err


def test_help_loads_no_solver() -> None:
    """`--help` imports neither a solver nor the fuzzer's library."""
    program = (
        "import sys; from proofs.cli.main import run; run(['--help']); "
        "assert not {'z3', 'hypothesis', 'rich', 'pymodel'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False)  # noqa: S603 - ours
    assert done.returncode == 0, done.stderr
