"""The question put to z3, by induction: a measurement that runs in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from proofs.bench.found import Found
from proofs.bench.small import Isolation
from proofs.engine.induction import Induction, Limits
from proofs.statements import describe_method
from pymodel.language.steps import steps_of

__all__ = ["decided", "induction"]


def induction() -> dict[str, Any]:
    """Decide every step against the invariant, and the invariant of the first state."""
    return asdict(decided(Isolation()))


def decided(system: Isolation) -> Found:
    """Return what induction establishes of a system."""
    invariant: list[Callable[..., Any]] = [
        system.no_access_is_foreign,
        system.no_reach_is_foreign,
        system.a_grant_is_of_an_owned_frame,
    ]
    statements = [describe_method(clause) for clause in invariant]
    prover = Induction(system, statements, [], Limits())
    found = [*prover.first(), *(o for t in steps_of(system) for o in prover.step(t))]
    held = all(o.holds for o in found)
    reach = "every run of any length, all 2^44 frames, two VMs"
    return Found("z3, induction", reach if held else "nothing", held, f"{len(found)} obligations")
