"""Witnesses and successes under a policy: the scenarios replayed, as far as its assumptions hold.

A theorem none of whose cases comes true is vacuous under the policy, and so is one that speaks of what an assumption alone keeps
from every run. An operation that never succeeds is reported.
"""

from __future__ import annotations

from typing import Any

from proofs.search.concrete import Checker
from proofs.search.scenarios import SCENARIOS
from proofs.search.scenarios.own import offers, own_operations
from proofs.theorems import Statement
from proofs.theorems.witnesses import WITNESSES
from proofs.verdicts import Seen
from pymodel.language.steps import Transition
from pymodel.machine import steps
from pymodel.platforms import PLATFORMS

__all__ = ["witness"]


def witness(policy: Any, assumed: list[Statement]) -> Seen:
    """Replay every scenario without what the assumptions do not allow, and find out what they alone keep from every run."""
    seen = shown(policy, assumed)
    if seen.cut:
        free = shown(policy, [])
        seen.kept_back = free.succeeded - seen.succeeded
        away = {theorem: [c for c in cases if c not in seen.cases.get(theorem, ())] for theorem, cases in free.cases.items()}
        seen.kept_away = {theorem: cases for theorem, cases in away.items() if cases}
    return seen


def shown(policy: Any, assumed: list[Statement]) -> Seen:
    """Replay every scenario, with the policy's own operations where a step is refused for want of them.

    A step that is refused, or raises, is skipped, and so is one into a state that breaks an assumption.
    """
    known, own = {t.name: t for t in steps(policy)}, own_operations(policy)
    checker = Checker(assumed, policy.State)
    open_cases = {(theorem, text): holds for theorem, found in WITNESSES.items() for text, holds in found}
    seen = Seen()
    for _, platform, script in SCENARIOS:
        state: Any = PLATFORMS[platform](policy.State)
        if assumed and checker.broken_anywhere(state):
            seen.cut += 1
            continue
        taken: set[str] = set()
        for name, given in script:
            after = take(known, state, name, given)
            for one, args in offers(own, known[name].params, given) if own and after is None and name in known else ():
                begun = take(known, state, one.name, args)
                after = None if begun is None else take(known, begun, name, given)
                if after is not None:
                    taken.add(one.name)
                    break
            if after is None:
                continue
            if assumed and checker.broken(after, state):
                seen.cut += 1
                continue
            state = after
            taken.add(name)
        seen.succeeded |= taken
        for theorem, text in [key for key, holds in open_cases.items() if holds(state)]:
            seen.cases.setdefault(theorem, []).append(text)
            del open_cases[theorem, text]
    return seen


def take(known: dict[str, Transition], state: Any, name: str, given: dict[str, int]) -> Any:
    """Return the state after a step, or None if it is refused, or raises: what a policy raises is told by the proof of the step."""
    transition = known.get(name)
    if transition is None or set(transition.params) != set(given):
        return None
    types: dict[str, Any] = dict(transition.params)
    try:
        return transition(state, **{n: bool(given[n]) if t is bool else t.of(given[n]) for n, t in types.items()})
    except Exception:  # noqa: BLE001 - see above
        return None
