"""A trace is written in one form and read in two; what this version cannot replay is stale, and the command says why."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from proofs.cli.main import run
from proofs.report.json_report import prove_json, schema
from proofs.search.replaying import replay
from proofs.traces import SCHEMA, Trace, TraceError, from_json, load, to_json, trace_steps
from proofs.verdicts import Counterexample, ProveReport, TheoremResult, Verdict

STEPS = [("boot", {}), ("create_vm", {"caller": 2, "vm": 3})]
TRACE = Trace("reference", "small", trace_steps(STEPS), "a_clean_frame_is_zero", (0x12, 0), "digest", "iommu.on")
#: A machine of a trace's own.
MACHINE = {"platform.frame": [{"key": [9], "is": {"memory": True}}]}
#: What an older version wrote; it left out what a trace is about where there was nothing to say.
OLDER = {
    "schema": 1,
    "policy": "reference",
    "platform": "small",
    "steps": [{"step": name, "arguments": given} for name, given in STEPS],
}


def saved(path: Path, data: Any) -> str:
    """Write data to a file and return its name."""
    (path / "trace.json").write_text(json.dumps(data), encoding="utf-8")
    return str(path / "trace.json")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A trace comes back from its file as it was."""
    assert load(saved(tmp_path, to_json(TRACE))) == TRACE


def test_a_machine_of_its_own_is_written_and_read(tmp_path: Path) -> None:
    """It stands in the place of the name of a platform; the form before this one has none."""
    trace = replace(TRACE, platform="", machine=MACHINE)
    assert load(saved(tmp_path, to_json(trace))) == trace
    assert trace.start == "from boot, on this machine"
    older = {name: value for name, value in to_json(TRACE).items() if name != "machine"}
    assert from_json({**older, "schema": 2}) == TRACE


def test_the_report_holds_the_trace_as_it_is_saved() -> None:
    """The JSON of `prove` has the very form that `replay` reads, and its schema says so."""
    shown = Counterexample("a_clean_frame_is_zero", from_boot=True, trace=TRACE)
    result = TheoremResult("MEM-1", "MEM", "Title.", "S", Verdict.REFUTED, counterexample=shown)
    data = json.loads(json.dumps(prove_json(ProveReport("fake", "digest", "0.1.0", theorems=[result]))))
    jsonschema.validate(data, schema())
    trace = data["theorems"][0]["counterexample"]["trace"]
    assert from_json(trace) == TRACE
    trace["keys"] = ["twelve"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema())


@pytest.mark.parametrize("more", [{}, {"statement": "a_clean_frame_is_zero", "keys": [18, 0], "model_digest": "", "x": 1}])
def test_an_older_trace_is_read_and_replayed(tmp_path: Path, more: dict[str, Any]) -> None:
    """A trace of schema 1 is read, with or without what it may leave out, and replays as it did."""
    file = saved(tmp_path, {**OLDER, **more})
    trace = load(file)
    assert (trace.statement, trace.keys) == (more.get("statement", ""), tuple(more.get("keys", ())))
    assert [step.call for step in replay(trace).steps] == ["boot()", "create_vm(caller 2, vm 3)"]
    assert run(["replay", file]) == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schema": SCHEMA + 1}, f"stale: it is of schema {SCHEMA + 1}; this version reads 1, 2 and 3"),
        ({"platform": "vast"}, "stale: there is no platform called 'vast'"),
        ({"steps": [{"step": "teleport", "arguments": {}}]}, "stale: step 1: there is no step called 'teleport'"),
        ({"steps": [{"step": "boot", "arguments": {"vm": 1}}]}, "stale: step 1: boot takes no arguments"),
        ({"steps": [{"step": "create_vm", "arguments": {"caller": 2, "vm": 1 << 99}}]}, "stale: step 1: "),
        ({"platform": "", "machine": {"ram": []}}, "stale: its machine cannot be read: KeyError: 'ram'"),
        ({"platform": "", "machine": {"frame": [9]}}, "stale: its machine cannot be read: TypeError"),
        ({"platform": "", "machine": {"frame": [{"key": [9], "is": {"kind": "SHED"}}]}}, "stale: its machine cannot be read: "),
        (
            {"platform": "", "machine": {"frame": [{"key": [9], "is": {"kind": "FREE"}}]}},
            "stale: its machine is none at power-on: ",
        ),
        ({"policy": "gone.py"}, "gone.py: there is no such file"),
    ],
)
def test_a_stale_trace_exits_2_and_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], told: str
) -> None:
    """What another version wrote, or wrote for another model, is no verdict about anything."""
    assert run(["replay", saved(tmp_path, {**to_json(TRACE), **change})]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        {**OLDER, "schema": True},
        {**OLDER, "steps": None},
        {**OLDER, "steps": [{"step": "boot", "arguments": {"vm": "3"}}]},
        {**OLDER, "steps": [{"step": "boot", "arguments": {"vm": True}}]},
        {**OLDER, "steps": ["boot"]},
        {**OLDER, "keys": [True]},
        {**OLDER, "policy": None},
        {**OLDER, "schema": 2},
        {**to_json(TRACE), "machine": {}},
        {**to_json(TRACE), "platform": "", "machine": []},
        {**to_json(TRACE), "machine": "small"},
        *[{name: value for name, value in to_json(TRACE).items() if name != left_out} for left_out in to_json(TRACE)],
    ],
)
def test_what_is_no_trace_is_refused(tmp_path: Path, data: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Data of another shape is refused before anything runs; of the newer form nothing may be missing."""
    file = saved(tmp_path, data)
    with pytest.raises(TraceError, match="no trace"):
        load(file)
    assert run(["replay", file]) == 2
    assert f"{file}: no trace: " in capsys.readouterr().err


@pytest.mark.parametrize(("text", "told"), [(None, "cannot be read: "), ("{", "not JSON: ")])
def test_a_file_without_a_trace_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, told: str
) -> None:
    """A file that is not there, or holds no JSON, is named once with the reason."""
    file = tmp_path / "trace.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    assert run(["replay", str(file)]) == 2
    assert f"ringfence: {file}: {told}" in capsys.readouterr().err
