"""Near misses find what no scripted run comes to: a step left out, earlier, or another one, against an eager adversary."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from proofs.policies import load
from proofs.policies.policy_statements import stated
from proofs.search.near_misses import NearMisses
from proofs.search.places import Place
from proofs.search.walker import Walker, walker_of
from proofs.theorems import CATALOGUE
from pymodel.machine import Hypervisor, steps
from tests.places import POLICIES, ROOT
from tests.tiers import sampled_rows

RECALL = POLICIES / "recall"
#: Faults of which no known run shows anything: operations that the reference lacks, one of which only prepares.
FOUND = {
    "functions/waited_for_before_the_reset.py": "a_request_belongs_to_who_issued_it",
    "flushes/the_second_page_rides_along.py": "no_iotlb_entry_outlives_its_flush",
}
#: Tried steps.
MANY = 150_000
#: What may name steps: the scripted runs.
SCRIPTS = "scenarios"


def hunter(policy: str) -> Walker:
    """Return a walker that looks at the promises of a policy."""
    instance = load(policy).instance()
    return walker_of(instance, stated(instance).keys() - CATALOGUE.lemmas, 0)


@pytest.mark.parametrize(("file", "broken"), sampled_rows(FOUND.items(), 2))
def test_a_near_miss_is_found_where_the_scenarios_find_nothing(file: str, broken: str) -> None:
    """The scenarios end without a finding; what is near them breaks the promise, in a run that shows it."""
    walker = hunter(f"{RECALL / file}::Faulty")
    assert walker.survey() is None
    hit = walker.near_misses(MANY)
    assert hit is not None
    place, found = hit
    assert broken in {b.statement.name for b in found}
    before = Place(place.platform, place.before, place.path[:-1])
    assert all(walker.shows(b, before, place) for b in found)


def test_nothing_is_near_where_nothing_is_changed() -> None:
    """The reference has no step in question, so there is nothing to vary."""
    walker = walker_of(Hypervisor(), set(CATALOGUE.statements), 0)
    assert walker.scripted() is None
    assert NearMisses(walker).occasions() == []
    assert NearMisses(walker).run(MANY) is None


def test_a_limit_holds() -> None:
    """No more steps are tried than there is room for, but for those of the run under way."""
    walker = hunter(f"{RECALL / 'frames/a_retyping_is_checked_early.py'}::Faulty")
    assert walker.scripted() is None
    begun = walker.found.tried
    assert NearMisses(walker).run(begun + 1000) is None
    assert begun + 1000 <= walker.found.tried < begun + 3000


def texts(path: Path) -> set[str]:
    """Return the texts that a file writes out."""
    return {str(n.value) for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Constant)}


def test_the_search_names_no_step() -> None:
    """What is searched follows from declarations and runs: outside the scripted runs no step's name stands in search or fuzzing."""
    names = {step.name for step in steps(Hypervisor())}
    files = [f for room in ("search", "fuzzing") for f in (ROOT / "proofs" / room).rglob("*.py") if SCRIPTS not in f.parts]
    assert len(files) > 10
    assert {f.name: found for f in files if (found := texts(f) & names)} == {}
    assert any(texts(f) & names for f in (ROOT / "proofs" / "search" / SCRIPTS).rglob("*.py"))
