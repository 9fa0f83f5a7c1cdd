"""The lists of faults with which the search is judged: they and the files agree, and each policy of the files is accepted."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from proofs.policies import load
from proofs.policies.zoo import entries
from tests.places import POLICIES

FOLDER = POLICIES / "recall"


def listed(file: str, what: str) -> list[dict[str, Any]]:
    """Return the public facts, or the faults, of a list."""
    found: list[dict[str, Any]] = tomllib.loads((FOLDER / file).read_text(encoding="utf-8"))[what]
    return found


#: The list that was written first, and the one that came later.
FIRST, SECOND = "faults.toml", "second.toml"
PUBLIC, MORE = listed(FIRST, "public"), listed(SECOND, "public")
FAULTS = [*listed(FIRST, "fault"), *listed(SECOND, "fault")]
FILES = sorted(FOLDER.rglob("*.py"))
#: As many files as a folder has, and lines as a file has, in the model and the proofs.
MOST, LINES = 12, 450


def name(path: Path) -> str:
    """Return a file's name as the list has it."""
    return path.relative_to(FOLDER).as_posix()


def policies(path: Path) -> set[str]:
    """Return the names of a file's classes that are policies of the list."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name for node in body if isinstance(node, ast.ClassDef)} & {"Faulty", "Twin"}


def test_list_and_files_agree() -> None:
    """Each file is one fault of one list, and has a twin where the list says so; no two have one name."""
    assert sorted(fault["file"] for fault in FAULTS) == [name(path) for path in FILES]
    assert all(fault["file"].endswith(f"/{fault['id']}.py") for fault in FAULTS)
    found = {name(path): policies(path) for path in FILES}
    assert found == {fault["file"]: {"Faulty", "Twin"} if fault["twin"] else {"Faulty"} for fault in FAULTS}
    assert max(Counter(fault["id"] for fault in FAULTS).values()) == 1


@pytest.mark.parametrize("file", [FIRST, SECOND])
def test_there_are_enough_faults_and_twins(file: str) -> None:
    """A share of what is found means something only of many, from folders that are not too full."""
    faults = listed(file, "fault")
    assert len(faults) >= 45
    assert sum(fault["twin"] for fault in faults) >= 15
    assert max(Counter(path.parent for path in FILES).values()) <= MOST
    assert [path for path in FILES if len(path.read_text(encoding="utf-8").splitlines()) > LINES] == []


def test_each_public_fault_is_judged() -> None:
    """Each of the 31 has a file here that comes from it, or the reason why the model cannot say it; most can be said."""
    assert len({fault["id"] for fault in PUBLIC}) == len(PUBLIC) == 31
    said = {fault["id"] for fault in PUBLIC if fault["expressible"]}
    assert len(said) >= 17
    assert said <= {fault.get("of") for fault in listed(FIRST, "fault")}
    assert {fault["id"] for fault in PUBLIC if fault.get("why_not", "")} == {fault["id"] for fault in PUBLIC} - said
    assert {fault["of"] for fault in listed(FIRST, "fault") if "of" in fault} <= {fault["id"] for fault in PUBLIC}
    assert sum("of" in fault for fault in listed(FIRST, "fault")) >= 17


def test_the_second_list_has_public_faults_of_its_own() -> None:
    """They are none of the first list's, and each has a file; whatever else is public is one of the first list's."""
    more, comes_from = {fault["id"] for fault in MORE}, {fault["of"] for fault in listed(SECOND, "fault") if "of" in fault}
    assert len(more) == len(MORE)
    assert all(fault["expressible"] for fault in MORE)
    assert more <= comes_from <= more | {fault["id"] for fault in PUBLIC if fault["expressible"]}
    assert more.isdisjoint(fault["id"] for fault in PUBLIC)


def test_what_was_seen_before_is_in_the_zoo() -> None:
    """A public fault was seen before if and only if the zoo has it."""
    assert {fault["id"] for fault in [*PUBLIC, *MORE] if fault["seen_before"]} == {entry.id for entry in entries()}


def test_the_lists_have_the_titles_of_the_files() -> None:
    """The title of a fault is the first line of its file, and the source is named there as well."""
    for fault in FAULTS:
        told = ast.get_docstring(ast.parse((FOLDER / fault["file"]).read_text(encoding="utf-8"))) or ""
        assert told.partition("\n")[0].removesuffix(".").lower() == fault["title"].lower()
        assert f"Source: {fault['source']}." in told.replace("\n", " ")


@pytest.mark.parametrize("path", FILES, ids=name)
def test_each_policy_is_accepted(path: Path) -> None:
    """The fault, and its twin if there is one, are policies in the language."""
    for policy in sorted(policies(path)):
        load(f"{path}::{policy}")
