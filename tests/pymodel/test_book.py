"""The model is a book: its chapters are read in one order, without a gap, and what they cite is known."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pymodel
from pymodel.sources import SOURCES

ROOT = Path(pymodel.__file__).parent
FIRST = "pymodel.language.truth"
CITED = re.compile(r"^ *Source: (\w+) (\S+)$", re.MULTILINE)


def text_of(module: str) -> str:
    """Return the text of a module of the model."""
    return (ROOT.parent / Path(*module.split("."))).with_suffix(".py").read_text(encoding="utf-8")


def trail() -> list[str]:
    """Return the chapters as each names the next."""
    out, next_one = [], FIRST
    while next_one:
        assert next_one not in out, f"{next_one} is read twice"
        out.append(next_one)
        named = re.findall(r"^Read next: `([\w.]+)`\.$", text_of(next_one), re.MULTILINE)
        assert len(named) <= 1, next_one
        next_one = named[0] if named else ""
    return out


def test_the_trail_leads_through_every_chapter() -> None:
    """From the first chapter each names the next, to the last; none is left out, and all that are named exist."""
    files = [p for room in ("language", "hardware", "hypervisor") for p in (ROOT / room).rglob("*.py") if p.stem != "__init__"]
    every = {".".join(p.relative_to(ROOT.parent).with_suffix("").parts) for p in files}
    assert set(trail()) == every | {"pymodel.machine", "pymodel.platforms"}


def cited(texts: list[str]) -> set[tuple[str, str]]:
    """Return the sections that texts cite."""
    return {found for text in texts for found in CITED.findall(text)}


def test_every_citation_is_of_a_known_section_and_every_section_is_cited() -> None:
    """A key or section that the table of sources does not have fails, and so does one that nobody cites."""
    texts = [p.read_text(encoding="utf-8") for room in ("language", "hardware", "hypervisor") for p in (ROOT / room).rglob("*.py")]
    known = {(key, section) for key, manual in SOURCES.items() for section in manual.sections}
    assert cited(texts) == known


@pytest.mark.parametrize("line", ["    Source: PCIE 9.3.3.9\n", "Source: PCIE 1.2\n"])
def test_a_citation_is_found(line: str) -> None:
    """The twin: citations are seen at any depth, known or not."""
    assert cited([f'"""A rule.\n\n{line}"""']) == {("PCIE", line.rsplit(maxsplit=1)[-1])}


def test_no_source_stands_without_a_key() -> None:
    """In the rooms of hardware no line names a source in another way."""
    lines = [line for p in (ROOT / "hardware").rglob("*.py") for line in p.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if "Source:" in line and not CITED.match(line)] == []
