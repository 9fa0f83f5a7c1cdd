"""What is stated of a policy: the statements of the catalogue, invariants of its own, and what it assumes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from proofs.statements import Kind, describe_method
from proofs.theorems import CATALOGUE, Statement, Theorem
from pymodel.language.outcomes import Reason
from pymodel.language.truth import any_of

__all__ = ["OWN", "OwnExcuse", "assumptions", "consequences", "excuses", "own_invariants", "own_theorem", "stated", "statements_of"]

#: The theorem that the invariants of a policy's own make.
OWN = "OWN"


@dataclass(frozen=True)
class OwnExcuse:
    """A fact for which a policy refuses some operations, besides what their contracts excuse."""

    statement: Statement
    operations: tuple[str, ...]
    reason: Reason

    def holds(self, s: Any, args: dict[str, Any]) -> bool:
        """Say whether the fact holds of a request."""
        return self.statement.function(s, **{n: args[n] for n in self.statement.params})  # type: ignore[no-any-return]

    @property
    def place(self) -> str:
        """Return where it stands."""
        return f"{self.statement.file}:{self.statement.line}"

    @property
    def text(self) -> str:
        """Return what is refused, why, and the fact."""
        return printable(f"{', '.join(self.operations)} may be refused for {self.reason}: {self.statement.title}")


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


def excuses(policy: Any) -> list[OwnExcuse]:
    """Return the facts for which a policy refuses more than the contracts excuse (`@excuse`)."""
    return [OwnExcuse(st, *marked) for st, marked in _marked(policy, "__excuse__")]


def stated(policy: Any) -> dict[str, Statement]:
    """Return by name all that must hold of a policy; what is refused has the policy's own excuses too."""
    own = excuses(policy)
    known = {n: excused(st, own) if own and st.kind == Kind.REFUSAL else st for n, st in CATALOGUE.statements.items()}
    return {**known, **{s.name: s for s in own_invariants(policy)}}


def excused(statement: Statement, own: list[OwnExcuse]) -> Statement:
    """Return a statement about refusals that also lets a policy refuse for what it says that it does."""

    def or_said(s: Any, name: str, args: dict[str, Any], reason: Any) -> bool:
        said = (excuse.holds(s, args) for excuse in own if name in excuse.operations and reason == excuse.reason)
        return any_of(statement.function(s, name, args, reason), *said)

    return replace(statement, function=or_said)


def statements_of(policy: Any) -> tuple[list[Statement], list[Statement], list[tuple[Statement, str]]]:
    """Return the state statements, the step statements, and the assumptions (with reasons) for a policy."""
    every = stated(policy).values()
    about_steps = [s for s in every if s.kind in (Kind.STEP, Kind.REFUSAL, Kind.ANSWER)]
    return [s for s in every if s.kind == Kind.STATE], about_steps, assumptions(policy)


def consequences() -> list[Statement]:
    """Return the statements that the invariants imply."""
    return [s for s in CATALOGUE.statements.values() if s.kind == Kind.CONSEQUENCE]


def own_theorem(policy: Any) -> list[Theorem]:
    """Return the theorem that a policy's own invariants make, if it has any."""
    names = tuple(s.name for s in own_invariants(policy))
    return [Theorem(OWN, "policy", f"The policy's own: {', '.join(names)}.", names)] if names else []
