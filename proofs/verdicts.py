"""Verdicts and reports: values that the checkers return and the reports print."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Counterexample", "Obligation", "ProveReport", "Seen", "TheoremResult"]

#: The seven verdicts, worst first for a summary.
VERDICTS = ("refuted", "not-inductive", "vacuous", "unknown", "open", "bounded", "proved")


@dataclass
class Obligation:
    """One pair of a step and a statement: `framed` and `proved` hold; `cti` is a counterexample to induction."""

    step: str
    statement: str
    verdict: str  # proved | framed | cti | unknown | disagreement
    seconds: float = 0.0
    cost: int = 0
    where: str = ""
    """file:line and reason, for unknown."""
    relies_on: tuple[str, ...] = ()
    solvers: dict[str, str] = field(default_factory=dict)
    digest: str = ""
    general: bool = False
    """Decided for arbitrary decisions that satisfy their contracts."""
    cti: dict[str, Any] | None = None
    """For cti: {"state": JSON of the concrete state, "arguments": {...}, "broken": [statement names with keys]}."""


@dataclass
class Seen:
    """Which cases of which theorem came true, and which steps succeeded; `cut` counts runs that an assumption ended."""

    cases: dict[str, list[str]] = field(default_factory=dict)
    succeeded: set[str] = field(default_factory=set)
    cut: int = 0


@dataclass
class Counterexample:
    """A trace from boot that ends in a state (or step) which breaks a promise, or a state and step that may not arise."""

    statement: str
    from_boot: bool
    trace: dict[str, Any] | None
    """The saved form of a trace (see proofs.search.traces), when from_boot."""
    cti: dict[str, Any] | None = None
    shortest: bool = False


@dataclass
class TheoremResult:
    """One theorem's verdict with its evidence."""

    id: str
    area: str
    title: str
    layer: str
    verdict: str
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
    reason: str = ""
    counterexample: Counterexample | None = None


@dataclass
class ProveReport:
    """Everything that `ringfence prove` found."""

    policy: str
    model_digest: str
    ringfence: str
    assumed: list[dict[str, str]] = field(default_factory=list)
    theorems: list[TheoremResult] = field(default_factory=list)
    obligations: int = 0
    framed: int = 0
    failures: list[Obligation] = field(default_factory=list)
    """Every obligation that is neither proved nor framed."""
    dead: list[str] = field(default_factory=list)
    """Operations that can never succeed (or for which no success was found, with how far was searched)."""
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
