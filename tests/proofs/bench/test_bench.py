"""`bench` prints one table and the same as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofs.bench.bench import SAMPLE
from proofs.bench.states import Numbered, explicit
from proofs.cli.main import run
from proofs.theorems import CATALOGUE
from pymodel.hardware.ids import Frame
from pymodel.hypervisor.memory import FrameRecord
from pymodel.language.outcomes import Refused
from pymodel.machine import Hypervisor
from pymodel.platforms import PLATFORMS


@pytest.mark.long
def test_bench_quick_prints_a_table_and_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A quick run prints the whole table, says what it left out, and writes the same numbers as JSON."""
    monkeypatch.chdir(tmp_path)
    assert run(["bench", "--quick", "--only", "MEM-1", "--jobs", "1", "--json", "bench.json"]) == 0
    out = capsys.readouterr().out
    data = json.loads(Path("bench.json").read_text(encoding="utf-8"))
    proof, states = data["proof"], data["states"]
    assert [t["id"] for t in proof["theorems"]] == ["MEM-1"]
    assert proof["obligations"] > (len(SAMPLE) - 1) * 70
    assert (proof["not_proved"], proof["theorems"][0]["cached_seconds"]) == (0, 0.0)
    assert min(proof["seconds"], proof["cached_seconds"], proof["cost"], proof["memory"] >> 20) > 0
    assert min(m["tried_a_second"] for m in data["model"]) > 0
    assert (states["broken"], states["statements"]) == ([], len(CATALOGUE.statements))
    for word in ("MEM-1", "proving the sample of steps", ", ".join(SAMPLE), "explicit states", "no proof", "a second"):
        assert word in out


def test_explicit_states_are_what_stepping_reaches() -> None:
    """Two states have one key exactly if they are equal, and a search to a bound says that it was one."""
    policy, numbered = Hypervisor(), Numbered()
    start = PLATFORMS["small"](policy.State)
    booted = policy.boot(start)  # type: ignore[arg-type]
    assert numbered.key(start) == numbered.key(PLATFORMS["small"](policy.State))
    assert numbered.key(start) != numbered.key(booted)
    assert numbered.key(start.put("frame", Frame(0x900), FrameRecord())) == numbered.key(start)
    found = explicit(25)
    assert (found["states"], found["complete"], found["broken"]) == (25, False, [])
    with pytest.raises(Refused):
        policy.boot(booted)
