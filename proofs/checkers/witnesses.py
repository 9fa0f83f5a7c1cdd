"""Witnesses and successes under a policy: the scenarios replayed, as far as its assumptions hold.

A theorem none of whose cases comes true is vacuous under the policy. An operation that never succeeds is reported.
"""

from __future__ import annotations

from typing import Any

from proofs.checkers.concrete import Checker
from proofs.checkers.results import Seen
from proofs.checkers.scenarios import SCENARIOS
from proofs.theorems import Statement
from proofs.theorems.witnesses import WITNESSES
from pymodel.machine import steps
from pymodel.platforms import PLATFORMS

__all__ = ["witness"]


def witness(policy: Any, assumed: list[Statement]) -> Seen:
    """Replay every scenario; a step that is refused, or raises, is skipped, and a state that breaks an assumption ends the run."""
    known = {t.name: t for t in steps(policy)}
    checker = Checker(assumed, policy.State)
    open_cases = {(theorem, text): holds for theorem, found in WITNESSES.items() for text, holds in found}
    seen = Seen()
    for _, platform, script in SCENARIOS:
        state: Any = PLATFORMS[platform](policy.State)
        taken: set[str] = set()
        for name, given in script:
            transition = known.get(name)
            if transition is None or set(transition.params) != set(given):
                continue
            types: dict[str, Any] = dict(transition.params)
            try:  # what the policy raises is told by the proof of the step
                after = transition(state, **{n: bool(given[n]) if t is bool else t.of(given[n]) for n, t in types.items()})
            except Exception:  # noqa: BLE001, S112 - the same
                continue
            if after.__class__ is not state.__class__:  # the same
                continue
            if assumed and checker.broken(after):
                seen.cut += 1
                break
            state = after
            taken.add(name)
        if not (assumed and checker.broken(state)):
            seen.succeeded |= taken
            for theorem, text in [key for key, holds in open_cases.items() if holds(state)]:
                seen.cases.setdefault(theorem, []).append(text)
                del open_cases[theorem, text]
    return seen
