"""Verdicts and reports: values that the checkers return and the reports print."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from proofs.traces import Trace

__all__ = [
    "HEADER",
    "NOT_PURSUED",
    "OF_FAILURE",
    "Counterexample",
    "Obligation",
    "ObligationVerdict",
    "ProveReport",
    "Seen",
    "TheoremResult",
    "TheoremVerdict",
    "Verdict",
    "printable",
]


class Verdict(StrEnum):
    """What is known of a theorem, worst first for a summary."""

    REFUTED = "refuted"
    NOT_INDUCTIVE = "not-inductive"
    VACUOUS = "vacuous"
    UNKNOWN = "unknown"
    OPEN = "open"
    BOUNDED = "bounded"
    PROVED = "proved"


class ObligationVerdict(StrEnum):
    """What is known of an obligation: it holds if it is proved, or framed, since the step changes nothing that matters."""

    PROVED = "proved"
    FRAMED = "framed"
    CTI = "cti"
    """A counterexample to induction: a state and a step, and the state may never arise."""
    UNKNOWN = "unknown"
    DISAGREEMENT = "disagreement"
    """Solvers, or the solver and the model, contradict each other: a defect of ours."""

    @property
    def holds(self) -> bool:
        """Say whether what was asked is settled, and holds."""
        return self in (ObligationVerdict.PROVED, ObligationVerdict.FRAMED)


#: A theorem is a disagreement if an obligation that it rests on is one.
TheoremVerdict = Verdict | Literal[ObligationVerdict.DISAGREEMENT]
#: What an obligation that does not hold makes of the theorems that rest on it.
OF_FAILURE: dict[ObligationVerdict, TheoremVerdict] = {
    ObligationVerdict.CTI: Verdict.NOT_INDUCTIVE,
    ObligationVerdict.UNKNOWN: Verdict.UNKNOWN,
    ObligationVerdict.DISAGREEMENT: ObligationVerdict.DISAGREEMENT,
}


#: Stands in the reason of what was left alone once a run from boot had refuted the policy.
NOT_PURSUED = "not pursued"
#: What a policy says of itself, one list of facts each.
HEADER = ("overridden", "added", "stated", "assumed", "excused", "widened")


def printable(text: str) -> str:
    """Return a text that a terminal prints as it is, whoever wrote it: control characters are written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@dataclass
class Obligation:
    """One pair of a step and a statement."""

    step: str
    statement: str
    verdict: ObligationVerdict
    seconds: float = 0.0
    cost: int = 0
    where: str = ""
    """file:line and reason, for unknown."""
    relies_on: tuple[str, ...] = ()
    solvers: dict[str, str] = field(default_factory=dict)
    digest: str = ""
    arbitrary: ObligationVerdict | None = None
    """What is known where decisions are arbitrary and satisfy their contracts; None where that is not asked."""
    answers: tuple[str, ...] = ()
    """The answers of decisions with which it then fails."""
    cti: dict[str, Any] | None = None
    """For cti: {"state": JSON of the concrete state, "arguments": {...}, "broken": [statement names with keys]}."""

    @property
    def holds(self) -> bool:
        """Say whether it is settled that the step keeps the statement."""
        return self.verdict.holds


@dataclass
class Seen:
    """Which cases of which theorem came true, and which steps succeeded; `cut` counts what an assumption keeps out of the runs."""

    cases: dict[str, list[str]] = field(default_factory=dict)
    succeeded: set[str] = field(default_factory=set)
    cut: int = 0
    kept_away: dict[str, list[str]] = field(default_factory=dict)
    """The cases, by theorem, that come true in runs which an assumption does not allow, and in no other."""
    kept_back: set[str] = field(default_factory=set)
    """The steps that succeed in such runs, and in no other."""
    differs: dict[str, str] = field(default_factory=dict)
    """The steps of which the engine proved something else than what they do in these runs, each with what differs."""


@dataclass
class Counterexample:
    """A trace from boot that ends in a state (or step) which breaks a promise, or a state and step that may not arise."""

    statement: str
    from_boot: bool
    trace: Trace | None
    """The run from boot, when from_boot."""
    cti: dict[str, Any] | None = None
    shortest: bool = False


@dataclass
class TheoremResult:
    """One theorem's verdict with its evidence."""

    id: str
    area: str
    title: str
    layer: str
    verdict: TheoremVerdict
    assumes: list[str] = field(default_factory=list)
    relies_on: list[str] = field(default_factory=list)
    obligations: int = 0
    framed: int = 0
    witnesses: int = 0
    cost: int = 0
    seconds: float = 0.0
    solvers: dict[str, str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    argued: list[str] = field(default_factory=list)
    weakened: list[str] = field(default_factory=list)
    reason: str = ""
    counterexample: Counterexample | None = None

    @property
    def is_not_pursued(self) -> bool:
        """Say whether it was left alone, since the policy is refuted."""
        return self.verdict == Verdict.UNKNOWN and NOT_PURSUED in self.reason


@dataclass
class ProveReport:
    """Everything that `ringfence prove` found."""

    policy: str
    model_digest: str
    ringfence: str
    overridden: list[dict[str, str]] = field(default_factory=list)
    """The reference's methods that the policy replaces, each with its place."""
    added: list[dict[str, str]] = field(default_factory=list)
    """Its own operations, helpers and parts of the state."""
    stated: list[dict[str, str]] = field(default_factory=list)
    """Its own invariants."""
    assumed: list[dict[str, str]] = field(default_factory=list)
    excused: list[dict[str, str]] = field(default_factory=list)
    """What the policy refuses besides what the contracts excuse, by its own word."""
    widened: list[dict[str, str]] = field(default_factory=list)
    """What the policy's operations change besides what the contracts name, by its own word and their callers' authority."""
    theorems: list[TheoremResult] = field(default_factory=list)
    obligations: int = 0
    framed: int = 0
    failures: list[Obligation] = field(default_factory=list)
    """Every obligation that does not hold."""
    dead: list[str] = field(default_factory=list)
    """Operations that can never succeed (or for which no success was found, with how far was searched)."""
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False

    @property
    def header(self) -> dict[str, list[dict[str, str]]]:
        """Return what the policy says of itself."""
        return {name: getattr(self, name) for name in HEADER}
