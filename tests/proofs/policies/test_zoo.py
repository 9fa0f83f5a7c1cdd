"""The zoo: every file of it is an entry."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofs.policies import PolicyError, zoo
from tests.places import ROOT

DODO = """\
from pymodel import Hypervisor
ID = "dodo"
class Faulty(Hypervisor):
    pass
class Fixed(Hypervisor):
    pass
"""


def test_every_file_of_the_zoo_is_an_entry() -> None:
    """Each file of the zoo has an ID of its own, promises that exist, a fault and a repaired version."""
    files = [p.stem for p in (ROOT / "pymodel" / "zoo").rglob("*.py") if not p.stem.startswith("_")]
    assert [e.module.rsplit(".", maxsplit=1)[-1] for e in zoo.entries()] == sorted(files)


def test_a_broken_file_of_the_zoo_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file of the zoo without its constants is an error with its place."""
    (tmp_path / "aviary" / "flightless").mkdir(parents=True)
    (tmp_path / "aviary" / "flightless" / "__init__.py").touch()
    (tmp_path / "aviary" / "flightless" / "dodo.py").write_text(DODO, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(PolicyError, match="needs TITLE"):
        zoo.entries("aviary")
