"""The manifest of the TLA+ models: what it may say, and the configuration that TLC gets from it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from proofs.tla.manifest import ManifestError, asked, config, load
from tests.places import TLA_DATA

DATA = TLA_DATA / "spec"
GOOD: dict[str, Any] = {
    "name": "M",
    "module": "M",
    "about": "A model",
    "specification": "Spec",
    "invariants": ["Inv"],
    "constants": {"N": "2"},
    "model_values": ["a"],
    "substitutions": {"Tags": "MCTags"},
}


def toml(value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def write(folder: Path, *entries: dict[str, Any], head: str = "schema = 1") -> Path:
    """Write a manifest with its modules' files; a key that is None is left out."""
    lines = [head]
    for entry in entries:
        lines += ["[[model]]", *(f"{key} = {toml(value)}" for key, value in entry.items() if value is not None)]
    (folder / "M.tla").touch()
    path = folder / "models.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_manifest_is_read_whole(tmp_path: Path) -> None:
    """A good entry is read as it stands, with the defaults for what it does not say."""
    model = load(write(tmp_path, {**GOOD, "seconds": 2.5}))[0]
    assert {key: getattr(model, key) for key in GOOD} == GOOD
    assert (model.mode, model.tier, model.outcome, model.deadlock, model.seconds) == ("exhaustive", "ci", "pass", True, 2.5)
    assert model.file == tmp_path / "M.tla"


def test_a_module_is_named_by_its_path_from_the_manifest(tmp_path: Path) -> None:
    """What stands in front of the name is the module's folder, and TLC and the maps get the name alone."""
    (tmp_path / "Part" / "Inner").mkdir(parents=True)
    (tmp_path / "Part" / "Inner" / "M.tla").touch()
    model = load(write(tmp_path, {**GOOD, "module": "Part/Inner/M"}))[0]
    assert (model.module, model.folder) == ("M", tmp_path / "Part" / "Inner")


VIOLATION = {"outcome": "violation", "breaks": "Inv"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"module": None}, "module is missing"),
        ({"about": ""}, "about is missing"),
        ({"invarients": ["Inv"]}, "did you mean 'invariants'"),
        ({"invariants": "Inv"}, "invariants takes a list of texts, not 'Inv'"),
        ({"constants": {"N": 2}}, "constants takes a table of texts"),
        ({"trace": True}, "trace takes a whole number"),
        ({"distinct": -1}, "distinct takes a whole number, 0 or more"),
        ({"deadlock": "yes"}, "deadlock takes true or false"),
        ({"tier": "nightly"}, "tier must be one of ci, large"),
        ({"mode": "fast"}, "mode must be one of"),
        ({"name": "M M"}, "letters, digits"),
        ({"invariants": ["Inv\nINVARIANT Other"]}, "no name of TLA+"),
        ({"constants": {"N": "2\nM = 3"}}, "one line"),
        ({"module": "Missing"}, "no file"),
        ({"module": "../M"}, "'../M' is no name of TLA+, nor one in a folder"),
        ({"module": "/M"}, "nor one in a folder"),
        ({"module": "M M"}, "nor one in a folder"),
        ({"specification": ""}, "either specification, or init and next"),
        ({"init": "Init", "next": "Next"}, "either specification, or init and next"),
        ({"init": "Init"}, "either specification, or init and next"),
        ({"properties": ["P"], "constraint": "C"}, "hide a starvation"),
        ({"properties": ["P"], "symmetry": "S"}, "hide a starvation"),
        ({"mode": "simulation"}, "needs length"),
        ({"mode": "simulation", "length": 9}, "needs behaviours"),
        ({"mode": "bounded"}, "takes init and next"),
        ({"mode": "bounded", "specification": None, "init": "I", "next": "N", "length": 3}, "constants come from cinit"),
        ({"mode": "exhaustive", "inductive": "Ind"}, "mode inductive, and no other"),
        ({"invariants": [], "deadlock": False}, "asks nothing"),
        ({"outcome": "violation"}, "needs breaks"),
        ({"outcome": "violation", "breaks": "Other"}, "needs breaks: an invariant of this entry (Inv)"),
        ({"outcome": "liveness", "breaks": "Inv"}, "needs breaks: a property"),
        ({"breaks": "Inv"}, "must be left out"),
        ({"trace": 3}, "must be left out"),
        ({**VIOLATION, "distinct": 4}, "completed exhaustive searches only"),
        ({"outcome": "deadlock", "deadlock": False}, "needs deadlock = true"),
        ({"of": "Nothing"}, "which is no entry"),
    ],
)
def test_a_wrong_entry_is_refused(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    """What is not understood, or makes no sense, is an error that names the file, and the entry, and what was expected."""
    path = write(tmp_path, {**GOOD, **change})
    with pytest.raises(ManifestError, match=re.escape(told)) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("head", "told"),
    [("schema = 2", "schema must be 1"), ("", "schema must be 1"), ("schema = 1\nmodels = 3", "unknown keys models")],
)
def test_another_schema_is_refused(tmp_path: Path, head: str, told: str) -> None:
    """A manifest of another version is not guessed at."""
    with pytest.raises(ManifestError, match=told):
        load(write(tmp_path, GOOD, head=head))


@pytest.mark.parametrize(("source", "told"), [("schema = 1", "no .*model"), ("schema =", "not TOML"), (None, "cannot be read")])
def test_a_file_that_is_no_manifest_is_refused(tmp_path: Path, source: str | None, told: str) -> None:
    """An empty manifest, something else, or nothing at all is an error."""
    path = tmp_path / "models.toml"
    if source is not None:
        path.write_text(source, encoding="utf-8")
    with pytest.raises(ManifestError, match=told):
        load(path)


def test_names_are_unique(tmp_path: Path) -> None:
    """Two entries of one name are an error: one of them would never be run."""
    with pytest.raises(ManifestError, match="two entries are called M"):
        load(write(tmp_path, GOOD, GOOD))


def test_the_configuration_says_what_the_entry_says(tmp_path: Path) -> None:
    """TLC gets every constant, model value, substitution, predicate and bound of the entry, and no other."""
    entry = {**GOOD, "constraint": "Small", "symmetry": "Perms", "deadlock": False}
    assert config(load(write(tmp_path, entry))[0]).splitlines() == [
        "SPECIFICATION",
        "  Spec",
        "CONSTANT",
        "  a = a",
        "  N = 2",
        "  Tags <- MCTags",
        "CONSTRAINT",
        "  Small",
        "SYMMETRY",
        "  Perms",
        "INVARIANT",
        "  Inv",
        "CHECK_DEADLOCK",
        "  FALSE",
    ]


@pytest.mark.parametrize(("outcome", "properties"), [("liveness", ["Q"]), ("violation", ["Q"]), ("pass", ["P", "Q"])])
def test_a_property_that_must_fail_is_asked_about_alone(tmp_path: Path, outcome: str, properties: list[str]) -> None:
    """TLC does not say which of several properties failed, so the expected one is asked about alone; all must pass together."""
    breaks = None if outcome == "pass" else "Q"
    model = load(write(tmp_path, {**GOOD, "properties": ["P", "Q"], "outcome": outcome, "breaks": breaks}))[0]
    assert asked(model) == {"invariants": ["Inv"], "properties": properties}


def test_the_manifest_of_the_tests_is_good() -> None:
    """The manifest that the other tests use is read, and has an entry for each outcome."""
    assert {model.outcome for model in load(DATA / "models.toml")} == {"pass", "violation", "liveness", "deadlock"}
