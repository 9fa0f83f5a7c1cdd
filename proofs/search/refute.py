"""The pursuit of what induction could not prove: refusals by the solver, from where the scenarios end; then walks at random.

What a step changes was pursued before (`proofs.prove.scheduler`). A refusal changes nothing, so the step alone is asked for
at each of the states, with its arguments left to the solver.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proofs.search.places import Found
from proofs.search.solver_search import Hit, aim, ends
from proofs.search.walker import Walker, traced, walker_of
from proofs.statements import Kind, Statement
from proofs.theorems import CATALOGUE

__all__ = ["search"]


def search(
    policy: Any,
    clauses: set[str],
    limit: int,
    seed: int,
    focus: list[str] | None = None,
    name: str = "reference",
    digest: str = "",
    stop: Callable[[], bool] = lambda: False,
) -> Found:
    """Look for a run from boot that breaks one of the statements; `limit` counts tried steps."""
    walker = walker_of(policy, clauses, seed, focus)
    refusals = [s for n, s in CATALOGUE.statements.items() if n in clauses and s.kind == Kind.REFUSAL]
    asked = refused(walker, focus or [], refusals) if refusals else None
    hit = walker.run(limit, stop) if asked is None else (asked[0], [asked[1]])
    if hit is not None:
        place, broken = hit
        walker.found.trace = traced(walker, place, broken, name, digest)
        walker.found.broken = sorted({b.statement.name for b in broken})
    return walker.found


def refused(walker: Walker, names: list[str], statements: list[Statement]) -> Hit | None:
    """Return a run from boot in which one of the steps is refused and breaks a statement."""
    places = ends(walker)
    if walker.denial is not None:  # a step of a scenario already
        return walker.denial[0], walker.denial[1][0]
    for name in names:
        hit = aim(walker, places, name, statements, len(places)) if name in walker.transitions else None
        if hit is not None:
            return hit
    return None
