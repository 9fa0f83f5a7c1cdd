"""What is stated of a policy: the statements of the catalogue, invariants of its own, and what it assumes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from proofs.statements import Kind, describe_method
from proofs.theorems import CATALOGUE, Statement, Theorem
from proofs.theorems.operations.answers import is_told
from proofs.theorems.operations.footprints import FOOTPRINTS, rightful_changes
from proofs.theorems.operations.keyed import begins
from proofs.verdicts import printable
from pymodel.language.outcomes import Reason
from pymodel.language.truth import any_of
from pymodel.language.words import Word

__all__ = [
    "OWN",
    "OwnExcuse",
    "OwnWidening",
    "assumptions",
    "consequences",
    "excuses",
    "own_invariants",
    "own_theorem",
    "stated",
    "statements_of",
    "widenings",
]

#: The theorem that the invariants of a policy's own make.
OWN = "OWN"


@dataclass(frozen=True)
class OfOperations:
    """A method of a policy that says something besides the contracts of some operations, from the state and their arguments."""

    statement: Statement
    operations: tuple[str, ...]

    def said(self, s: Any, args: dict[str, Any]) -> Any:
        """Return what it says of a request."""
        return self.statement.function(s, **{n: args[n] for n in self.statement.params})

    @property
    def place(self) -> str:
        """Return where it stands."""
        return f"{self.statement.file}:{self.statement.line}"


@dataclass(frozen=True)
class OwnExcuse(OfOperations):
    """A fact for which a policy refuses some operations, besides what their contracts excuse."""

    reason: Reason

    @property
    def text(self) -> str:
        """Return what is refused, why, and the fact."""
        return printable(f"{', '.join(self.operations)} may be refused for {self.reason}: {self.statement.title}")


@dataclass(frozen=True)
class OwnWidening(OfOperations):
    """Fields of a part of the state that some operations of a policy change besides what their contracts name, and at which key."""

    part: str
    fields: tuple[str, ...]

    def holds(self, key: tuple[Word, ...], s: Any, args: dict[str, Any]) -> bool:
        """Say whether a key is that one, or begins so; of what is one record, whether it may be changed."""
        said = self.said(s, args)
        return begins(said, key) if key else said

    @property
    def text(self) -> str:
        """Return who may change what, and what that is."""
        operations, fields = ", ".join(self.operations), " and ".join(self.fields)
        return printable(f"{operations} may change {fields} of {self.part} too: {self.statement.title}")


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


def excuses(policy: Any) -> list[OwnExcuse]:
    """Return the facts for which a policy refuses more than the contracts excuse (`@excuse`)."""
    return [OwnExcuse(st, *marked) for st, marked in _marked(policy, "__excuse__")]


def widenings(policy: Any) -> list[OwnWidening]:
    """Return what operations of a policy change besides what their contracts name (`@widens`)."""
    return [OwnWidening(st, *marked) for st, marked in _marked(policy, "__widens__")]


def stated(policy: Any) -> dict[str, Statement]:
    """Return by name all that must hold of a policy; what contracts leave open, the policy's own excuses and widenings do too."""
    own, wider = excuses(policy), widenings(policy)
    known = {n: excused(st, own) if own and st.kind == Kind.REFUSAL else st for n, st in CATALOGUE.statements.items()}
    known |= {n: widened(st, wider) for n, st in known.items() if wider and st.kind in (Kind.STEP, Kind.ANSWER)}
    return {**known, **{s.name: s for s in own_invariants(policy)}}


def excused(statement: Statement, own: list[OwnExcuse]) -> Statement:
    """Return a statement about refusals that also lets a policy refuse for what it says that it does."""

    def or_said(s: Any, name: str, args: dict[str, Any], reason: Any) -> bool:
        said = (excuse.said(s, args) for excuse in own if name in excuse.operations and reason == excuse.reason)
        return any_of(statement.function(s, name, args, reason), *said)

    return replace(statement, function=or_said)


def widened(statement: Statement, wider: list[OwnWidening]) -> Statement:
    """Return the footprint of a part that also lets a policy change what it says, and tell what is written there."""
    if statement.kind == Kind.ANSWER:
        pairs = {(name, one.part) for one in wider for name in one.operations}
        return replace(statement, told=lambda *pair: statement.told(*pair) or (pair in pairs and is_told(*pair, wider=True)))
    part = next((part for part, footprint in FOOTPRINTS.items() if footprint is statement.function), None)
    mine = [one for one in wider if one.part == part]
    if part is None or not mine:
        return statement

    def widening(name: str, key: tuple[Word, ...], s: Any, args: dict[str, Any]) -> dict[str, bool]:
        here = [(one.fields, one.holds(key, s, args)) for one in mine if name in one.operations]
        return {n: any_of(*(is_there for fields, is_there in here if n in fields)) for names, _ in here for n in names}

    return replace(statement, function=rightful_changes(part, widening))


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
