"""`ringfence conform`: what it compares, says and saves, and its exit codes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from proofs.cli.main import run as command
from proofs.tla.binding import conform
from proofs.tla.binding.maps.stale_translations import BINDING
from proofs.tla.engines.tlc import Tlc
from proofs.tla.trace import from_itf
from tests.proofs.tla.binding.test_stale_translations import wrong_frame


@pytest.fixture
def command_tools(tools: Tlc, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the command use the tools of the tests, which start sooner."""
    monkeypatch.setattr(Tlc, "find", lambda: tools)


@pytest.mark.usefixtures("command_tools")
def test_command_compares_and_says_what_it_saw(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With few behaviours some action is never taken: 3, and the JSON says which; it is no disagreement."""
    monkeypatch.setitem(conform.BINDINGS, "StaleTranslations", replace(BINDING, variants=BINDING.variants[:1]))
    code = command(["conform", "StaleTranslations", "--behaviours", "2", "--seed", "1", "--json", "-"])
    told = json.loads(capsys.readouterr().out)
    assert (code, told["schema"], told["seed"]) == (3, 2, 1)
    one = told["modules"][0]
    assert one["found"] == []
    assert [way["behaviours"] for way in one["ways"]] == [2, 2]
    assert any(way["missing"] for way in one["ways"])


@pytest.mark.usefixtures("command_tools")
def test_command_exits_5_and_saves_where_the_models_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disagreement is a defect of ours: 5, with the step in words and both sides of the behaviour in files."""
    monkeypatch.setitem(conform.BINDINGS, "StaleTranslations", replace(wrong_frame(), variants=()))
    assert command(["conform", "StaleTranslations", "--behaviours", "5", "--seed", "1", "--save", str(tmp_path)]) == 5
    assert "the two models disagree" in capsys.readouterr().out
    saved = sorted(path.name for path in tmp_path.iterdir())
    assert saved[:2] == ["StaleTranslations-01.itf.json", "StaleTranslations-01.json"]
    assert from_itf((tmp_path / saved[0]).read_text(encoding="utf-8")).steps


@pytest.mark.usefixtures("command_tools")
@pytest.mark.long
def test_command_compares_modules_side_by_side(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Two modules in two processes say the same as one after the other, but for the time."""
    names = ["StaleTranslations", "DeviceAssignment"]
    for name in names:
        monkeypatch.setitem(conform.BINDINGS, name, replace(conform.BINDINGS[name], variants=()))
    told = []
    for jobs in ("1", "2"):
        command(["conform", *names, "--behaviours", "3", "--seed", "1", "--json", "-", "--jobs", jobs])
        ways = [way for one in json.loads(capsys.readouterr().out)["modules"] for way in one["ways"]]
        told.append([(way["direction"], way["actions"], way["refusals"]) for way in ways])
    assert len(told[0]) == 4
    assert told[0] == told[1]


def test_command_refuses_what_is_not_bound(capsys: pytest.CaptureFixture[str]) -> None:
    """A module without a map is an error of input, with the names that are close."""
    assert command(["conform", "StaleTranslation"]) == 2
    assert "close: StaleTranslations" in capsys.readouterr().err


def test_command_says_how_to_get_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without TLC: 4, and what to do about it."""
    monkeypatch.setenv("RINGFENCE_TLC_JAR", "/nowhere/tlc.jar")
    assert command(["conform"]) == 4
    assert "/nowhere/tlc.jar" in capsys.readouterr().err
