"""What hardware can do and no adversary of the model does is printed with each theorem that it weakens."""

from __future__ import annotations

import json

import pytest

from proofs.cli.main import run
from proofs.prove.prove import blank
from proofs.report.cite import citation, citation_markdown, citation_text
from proofs.report.terminal import theorem_lines
from proofs.theorems import CATALOGUE
from proofs.theorems.requirements import UNDONE
from proofs.verdicts import ProveReport, Verdict
from pymodel.sources import SOURCES

PAIRS = [(name, ident) for name, undone in UNDONE.items() for ident in undone.weakens]


def flat(text: str) -> str:
    """Return a text without its blanks: lines are broken at hyphens too."""
    return "".join(text.split())


@pytest.mark.parametrize("name", UNDONE)
def test_what_is_undone_weakens_theorems_and_cites_known_sections(name: str) -> None:
    """It names theorems that there are, each once, and its source is a section that is known."""
    undone = UNDONE[name]
    assert len(undone.text.split()) > 10
    assert undone.weakens
    assert set(undone.weakens) <= CATALOGUE.theorems.keys()
    assert len(set(undone.weakens)) == len(undone.weakens)
    manual, _, section = undone.source.partition(" ")
    assert not undone.source or section in SOURCES[manual].sections


@pytest.mark.parametrize(("name", "ident"), PAIRS)
def test_each_theorem_prints_what_weakens_it(name: str, ident: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The explanation, the line of the proof, and each form of a citation."""
    assert run(["explain", ident]) == 0
    assert flat(f"weakened {name}: {UNDONE[name]}") in flat(capsys.readouterr().out)
    result = blank(CATALOGUE.theorems[ident], Verdict.PROVED)
    assert name in flat("".join(line.text for line in theorem_lines(result, {})))
    data = citation(ProveReport("reference", "", ""), result, UNDONE, "reference")
    assert data["weakened"][name] == str(UNDONE[name])
    assert flat(str(UNDONE[name])) in flat(citation_text(data))
    weakened = next(line for line in citation_markdown(data).splitlines() if line.startswith("- Weakened by: "))
    assert f"{name}: {UNDONE[name]}" in weakened


def test_the_list_names_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Of each theorem exactly those that say so."""
    assert run(["list", "--json", "-"]) == 0
    listed = {t["id"]: t["weakened"] for t in json.loads(capsys.readouterr().out)["theorems"]}
    assert listed == {ident: [name for name in UNDONE if (name, ident) in PAIRS] for ident in CATALOGUE.theorems}


def test_the_list_of_what_is_trusted_has_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever asks what to trust is told what no step does, and each theorem that this weakens."""
    assert run(["explain", "--trust"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    for name, undone in UNDONE.items():
        assert f"{name} {undone}. It weakens {', '.join(undone.weakens)}." in out
