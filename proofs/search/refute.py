"""The pursuit of what induction could not prove: refusals by the solver, from where the scenarios end; then walks at random.

What a step changes was pursued before (`proofs.prove.scheduler`). A refusal changes nothing, so the step alone is asked for
at each of the states, with its arguments left to the solver.

What fails under arbitrary decisions alone is pursued under a policy that answers otherwise wherever contracts allow (`contrary`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proofs.engine.decisions import Decision, decisions
from proofs.search.places import Found
from proofs.search.solving.aiming import Hit, aim, ends
from proofs.search.walker import Walker, traced, walker_of
from proofs.statements import Kind, Statement
from proofs.theorems import CATALOGUE
from pymodel.language.state import Record
from pymodel.language.words import Choice

__all__ = ["contrary", "search"]


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


def contrary(policy: Any, names: set[str]) -> Any:
    """Return the class of a policy some of whose decisions answer otherwise wherever their contracts allow another answer."""
    known = decisions(policy)
    body: dict[str, Any] = {name: _otherwise(known[name]) for name in sorted(names)}
    return type(type(policy).__name__, (type(policy),), body)


def _otherwise(decision: Decision) -> Callable[..., Any]:
    def decide(_self: Any, *given: Any) -> Any:
        own = decision.function(*given)
        others = [other for other in some_values(decision.answer, own) if bool(other != own)]
        return next((other for other in others if decision.holds(*given, other)), own)

    return decide


def some_values(kind: Any, own: Any) -> list[Any]:
    """Return values of a type: both truth values, each name of a choice, the ends of a word, a record with a field of these."""
    if kind is bool:
        return [False, True]
    if issubclass(kind, Choice):
        return list(kind.members())
    if issubclass(kind, Record):
        return [own.replace(**{n: v}) for n, t in kind.fields().items() for v in some_values(t, None)]
    return [kind(0), kind.last()]
