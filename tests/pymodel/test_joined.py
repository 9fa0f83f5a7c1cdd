"""What the chapters declare is joined: each state and each operation into the machine, each public name into the surface."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from types import ModuleType

import pytest

import pymodel.hardware
import pymodel.hypervisor
from pymodel import surface
from pymodel.hardware.ids import Vm
from pymodel.language.state import Map, Record, State
from pymodel.language.steps import hints_of, operation
from pymodel.language.words import Word
from pymodel.machine import Hardware, Hypervisor, MachineState
from tests.places import ROOT

#: What declares statements or contracts.
DECLARES = re.compile(r"^(AREA = Area|CONTRACTS = \()", re.MULTILINE)
CHAPTERS = [
    importlib.import_module(found.name)
    for room in (pymodel.hardware, pymodel.hypervisor)
    for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")
]
JOINED = {*MachineState.__mro__, *MachineState.inner_states().values(), *Hypervisor.__mro__, *Hardware.__mro__}


class Note(Record):
    """What is kept of a VM."""

    kept: bool = False


def to_join(chapter: ModuleType) -> set[type]:
    """Return the classes of a chapter that declare parts of the state, steps or decisions."""
    own = [cls for _, cls in inspect.getmembers(chapter, inspect.isclass) if cls.__module__ == chapter.__name__]
    marks = ("__step__", "__decision__")
    return {cls for cls in own if issubclass(cls, State) or any(hasattr(m, mark) for m in vars(cls).values() for mark in marks)}


def not_joined(chapters: list[ModuleType]) -> set[str]:
    """Return the classes that the machine does not have."""
    return {cls.__name__ for chapter in chapters for cls in to_join(chapter) - JOINED}


def test_the_machine_has_every_state_and_every_step() -> None:
    """No chapter declares a part, an operation or a decision that the machine is without."""
    assert not_joined(CHAPTERS) == set()
    assert len([cls for chapter in CHAPTERS for cls in to_join(chapter)]) > 30


class NoteState(State):
    """A part that no machine has."""

    note: Map[Vm, Note]


class Notes:
    """An operation that no hypervisor offers."""

    @operation
    def keep(self, s: NoteState) -> NoteState:
        """Keep everything."""
        return s


def test_what_is_not_joined_is_found() -> None:
    """A chapter whose classes nobody inherits is told."""
    assert not_joined([sys.modules[__name__]]) == {"NoteState", "Notes"}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
def test_what_a_chapter_makes_public_is_public(chapter: ModuleType) -> None:
    """A policy can import what a chapter offers and the language has values for, but for the classes that the machine joins."""
    offered = {name for name in getattr(chapter, "__all__", ()) if getattr(chapter, name) not in JOINED}
    assert {name for name in offered if has_values(getattr(chapter, name))} <= set(surface.__all__)


def has_values(thing: object) -> bool:
    """Say whether a policy can do something with a class, or with what a function comes to."""
    if inspect.isfunction(thing):
        return inspect.isclass(hints_of(thing).get("return"))
    return not inspect.isclass(thing) or issubclass(thing, (Word, Record, State))


def test_the_catalogue_has_every_statement() -> None:
    """Each file of statements or contracts is read by whoever reads the catalogue."""
    files = [path for path in (ROOT / "proofs" / "theorems").rglob("*.py") if DECLARES.search(path.read_text(encoding="utf-8"))]
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files}
    told = f"import sys, proofs.theorems; print(*({names!r} - set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout.split() == []
    assert len(names) > 20
