"""Verdicts and kinds are closed sets: they are saved as words, and read back as members."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofs.prove.cache import Cache
from proofs.statements import Kind
from proofs.theorems import CATALOGUE
from proofs.verdicts import OF_FAILURE, Obligation, ObligationVerdict, Verdict


def stored(path: Path, verdict: str) -> list[Obligation] | None:
    """Return what a cache gives back of an obligation that was stored with a verdict."""
    cache = Cache(path)
    cache._store("insert or replace into steps values (?, ?)", "digest", [as_saved(verdict)])
    return cache.get("digest")


def as_saved(verdict: str) -> dict[str, object]:
    """Return an obligation as the cache holds it."""
    return {"step": "map", "statement": "it_holds", "verdict": verdict, "relies_on": ["it_holds"]}


@pytest.mark.parametrize("verdict", [*ObligationVerdict])
def test_the_cache_gives_back_members(tmp_path: Path, verdict: ObligationVerdict) -> None:
    """A verdict that was stored as a word comes back as the member, so that `is` and a table of members work."""
    (found,) = stored(tmp_path / "cache.sqlite", str(verdict)) or []
    assert found.verdict is verdict
    assert found.holds == (found.verdict not in OF_FAILURE)


def test_a_verdict_that_nobody_knows_is_not_stored(tmp_path: Path) -> None:
    """A word that is no verdict, as an older version may have written, counts as not stored."""
    assert stored(tmp_path / "cache.sqlite", "surely") is None


def test_verdicts_are_saved_as_words() -> None:
    """In JSON a verdict and a kind are the words that a reader sees."""
    assert json.loads(json.dumps([*Verdict])) == [
        "refuted",
        "not-inductive",
        "vacuous",
        "unknown",
        "open",
        "bounded",
        "proved",
    ]
    assert json.dumps({Kind.STATE: Verdict.PROVED}) == '{"state": "proved"}'


def test_every_statement_has_a_kind() -> None:
    """The statements of the catalogue are of every kind, and a fact about power-on is none of them."""
    assert {s.kind for s in CATALOGUE.statements.values()} == {Kind.STATE, Kind.CONSEQUENCE, Kind.STEP, Kind.REFUSAL}
    assert {s.kind for s in CATALOGUE.boot.values()} == {Kind.BOOT}
