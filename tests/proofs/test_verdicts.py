"""Verdicts and kinds are closed sets: they are saved as words, and read back as members."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofs.engine.keys.key import Key
from proofs.prove.cache import KEPT, Cache, kept_obligations
from proofs.statements import OF_ANSWERS, Kind
from proofs.theorems import CATALOGUE
from proofs.verdicts import OF_FAILURE, Obligation, ObligationVerdict, Verdict

KEY = Key("subject", {"it_holds": "item"})


def kept(folder: Path, verdict: str) -> dict[str, Obligation]:
    """Return what a cache gives back of an obligation whose verdict was stored as a word."""
    with Cache(folder, pytest.fail) as store:
        store.put(KEY.subject, {"item": {"step": "map", "statement": "it_holds", "verdict": verdict, "relies_on": ["it_holds"]}})
        return kept_obligations(store, KEY, {"it_holds": ("map", "it_holds")})


@pytest.mark.parametrize("verdict", KEPT)
def test_the_cache_gives_back_members(tmp_path: Path, verdict: ObligationVerdict) -> None:
    """A verdict that was stored as a word comes back as the member, so that `is` and a table of members work."""
    found = kept(tmp_path, str(verdict))["it_holds"]
    assert found.verdict is verdict
    assert found.holds == (found.verdict not in OF_FAILURE)


def test_a_verdict_that_nobody_knows_is_not_stored(tmp_path: Path) -> None:
    """A word that is no verdict, as an older version may have written, counts as not stored."""
    assert kept(tmp_path, "surely") == {}


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
    assert {s.kind for s in CATALOGUE.statements.values()} == {Kind.STATE, Kind.CONSEQUENCE, Kind.STEP, *OF_ANSWERS}
    assert {s.kind for s in CATALOGUE.boot.values()} == {Kind.BOOT}
