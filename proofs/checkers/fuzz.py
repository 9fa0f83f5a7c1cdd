"""Fuzzing a policy: walks at random from rich states, against the same statements that are proved."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from proofs.checkers.explore import search
from proofs.checkers.policy import LoadedPolicy, digest
from proofs.theorems import CATALOGUE

__all__ = ["Finding", "FuzzReport", "fuzz"]

#: Tried steps of one round; each round has a seed of its own.
ROUND = 100_000
FOREVER = 1 << 60


@dataclass
class Finding:
    """A statement that broke, with a trace from boot."""

    statement: str
    trace: dict[str, Any]


@dataclass
class FuzzReport:
    """What fuzzing found, and how far it went: steps taken, and tried (refused ones too)."""

    policy: str
    seed: int
    found: list[Finding] = field(default_factory=list)
    steps: int = 0
    tried: int = 0
    seconds: float = 0.0
    successes: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    interrupted: bool = False


def fuzz(  # noqa: PLR0913 - what the command line offers
    policy: LoadedPolicy,
    only: Any = (),
    seconds: float | None = 10.0,
    steps: int | None = None,
    seed: int = 0,
    jobs: int = 1,
    progress: Any = None,
) -> FuzzReport:
    """Walk until something breaks, the time is over, or so many steps were tried; one process, whatever `jobs` says."""
    del jobs, progress
    began = time.monotonic()
    names = {getattr(t, "id", t) for t in only}
    clauses = {c for t in CATALOGUE.theorems.values() for c in t.clauses if not names or t.id in names or t.area in names}
    report = FuzzReport(policy.name, seed)
    instance, model = policy.instance(), digest(policy)
    limit = FOREVER if steps is None else steps

    def over() -> bool:
        return seconds is not None and time.monotonic() - began > seconds

    try:
        turn = 0
        while report.tried < limit and not over() and not report.found:
            budget = min(ROUND, limit - report.tried)
            found = search(instance, clauses, budget, seed + turn, None, policy.spec, model, over)
            turn += 1
            report.steps, report.tried = report.steps + found.steps, report.tried + found.tried
            for name, count in found.successes.items():
                report.successes[name] = report.successes.get(name, 0) + count
            if found.trace is not None:
                report.found.append(Finding(found.trace["statement"], found.trace))
            if found.error:
                report.errors.append(found.error)
                break
    except KeyboardInterrupt:
        report.interrupted = True
    report.seconds = time.monotonic() - began
    return report
