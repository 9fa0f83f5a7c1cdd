"""One question, three engines: what each establishes, and that a fault is seen by the induction too."""

from __future__ import annotations

import json

import pytest

from proofs.bench import engines as comparison
from proofs.bench.by_induction import decided
from proofs.bench.engines import engines_table
from proofs.bench.small import Isolation, Small
from proofs.cli.main import run
from pymodel.hardware.ids import NOBODY, Frame, Vm
from pymodel.language.steps import operation


class Hasty(Isolation):
    """Takes frames back that are still reached."""

    @operation
    def reclaim(self, s: Small, frame: Frame, vm: Vm) -> Small:
        """Take any frame back."""
        del vm
        return s.put("frame", frame, s.frame[frame].replace(owner=NOBODY))


def test_induction_decides_the_small_system_rightly() -> None:
    """The small system is proved, and its twin with a fault is not."""
    assert (decided(Isolation()).holds, decided(Hasty()).holds) == (True, False)


def test_three_engines_are_asked_one_question(capsys: pytest.CaptureFixture[str]) -> None:
    """`bench --engines` has a row for each engine; TLC counts the states that the manifest records."""
    assert run(["bench", "--engines", "--json", "-"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["engine"].split(",")[0] for row in rows] == ["z3", "TLC", "Apalache"]
    assert rows[1]["counted"] == "476 states"
    assert [row["holds"] for row in rows[:2]] == [True, True]
    assert (rows[2]["holds"] is None) == (rows[2]["established"] == "not installed")
    assert all(row["seconds"] > 0 and row["memory"] > 0 for row in rows)


def test_engines_that_part_are_a_defect(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where one engine does not establish the invariant the exit code is 5, and its row says so."""
    row = {"engine": "TLC", "established": "violation", "holds": False, "counted": "3 states", "seconds": 1.0, "memory": 1 << 20}
    monkeypatch.setattr(comparison, "engines", lambda *_: comparison.Engines(rows=[row]))
    assert run(["bench", "--engines"]) == 5
    assert "violation" in capsys.readouterr().out
    assert engines_table(comparison.Engines(rows=[{**row, "established": "not installed", "holds": None}]))[-1].endswith(
        "not installed"
    )
