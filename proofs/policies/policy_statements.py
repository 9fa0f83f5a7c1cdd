"""What is stated of a policy: the statements of the catalogue, invariants of its own, and what it assumes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proofs.statements import Kind, describe_method
from proofs.theorems import CATALOGUE, Statement, Theorem

__all__ = ["OWN", "assumptions", "consequences", "own_invariants", "own_theorem", "stated", "statements_of"]

#: The theorem that the invariants of a policy's own make.
OWN = "OWN"


def _marked(policy: Any, mark: str) -> Iterator[tuple[Statement, Any]]:
    for name in dir(type(policy)):
        value = getattr(getattr(type(policy), name), mark, None)
        if value:
            yield describe_method(getattr(policy, name)), value


def own_invariants(policy: Any) -> list[Statement]:
    """Return the invariants that a policy states of itself (`@invariant`)."""
    return [statement for statement, _ in _marked(policy, "__invariant__")]


def assumptions(policy: Any) -> list[tuple[Statement, str]]:
    """Return what a policy assumes (`@assume`), with the reasons."""
    return [(statement, printable(str(reason))) for statement, reason in _marked(policy, "__assume__")]


def printable(text: str) -> str:
    """Return a text that a terminal prints as it is: control characters are written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def stated(policy: Any) -> dict[str, Statement]:
    """Return by name all that must hold of a policy."""
    return {**CATALOGUE.statements, **{s.name: s for s in own_invariants(policy)}}


def statements_of(policy: Any) -> tuple[list[Statement], list[Statement], list[tuple[Statement, str]]]:
    """Return the state statements, the step statements, and the assumptions (with reasons) for a policy."""
    every = stated(policy).values()
    about_steps = [s for s in every if s.kind in (Kind.STEP, Kind.REFUSAL)]
    return [s for s in every if s.kind == Kind.STATE], about_steps, assumptions(policy)


def consequences() -> list[Statement]:
    """Return the statements that the invariants imply."""
    return [s for s in CATALOGUE.statements.values() if s.kind == Kind.CONSEQUENCE]


def own_theorem(policy: Any) -> list[Theorem]:
    """Return the theorem that a policy's own invariants make, if it has any."""
    names = tuple(s.name for s in own_invariants(policy))
    return [Theorem(OWN, "policy", f"The policy's own: {', '.join(names)}.", names)] if names else []
