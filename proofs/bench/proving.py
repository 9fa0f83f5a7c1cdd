"""What proving the reference costs: a measurement that runs in a process of its own."""

from __future__ import annotations

from typing import Any

from proofs import policies
from proofs.engine.hints import recorded
from proofs.prove import prove
from proofs.prove.tasks import CONTRACTS, Evidence, task_named
from proofs.verdicts import Obligation, ProveReport, TheoremResult

__all__ = ["proving"]


def proving(sample: list[str], processes: int, only: list[str], hints: bool = True) -> dict[str, Any]:
    """Prove the reference, or a sample of its steps; return the cost of each theorem and of the whole."""
    every: list[Obligation] = []
    if not hints:
        recorded().entries.clear()

    def note(event: str, data: dict[str, Any]) -> None:
        if event == "step":
            every.extend(data["obligations"])

    reference, options = policies.load(), prove.ProveOptions(jobs=processes)
    if sample:
        report, evidence = ProveReport(reference.name, policies.digest(reference), prove.VERSION), Evidence()
        prove.run(evidence, reference, [*map(task_named, sample)], options, note, report.model_digest)
        prove.gather(report, prove.select(()), evidence)
    else:
        report = prove.prove(reference, options, note)
    slow = max(every, key=lambda o: o.seconds)
    theorems = [t for t in report.theorems if t.obligations]
    contracts = sum(t.cost for t in theorems if t.id == CONTRACTS)
    return {
        "obligations": report.obligations,
        "framed": report.framed,
        "cost": contracts + sum(o.cost for o in every),
        "slowest": {"step": slow.step, "statement": slow.statement, "seconds": slow.seconds},
        "not_proved": len(report.failures),
        "theorems": [theorem(t, bool(sample)) for t in theorems if not only or t.id in only],
    }


def theorem(result: TheoremResult, sampled: bool) -> dict[str, Any]:
    """Return the row of one theorem; of a sample of steps there is no verdict."""
    counted = {n: getattr(result, n) for n in ("id", "obligations", "framed", "cost", "seconds")}
    return {**counted, "verdict": None if sampled else result.verdict}
