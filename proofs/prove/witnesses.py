"""Witnesses and successes under a policy: the scenarios replayed, as far as its assumptions hold.

A theorem none of whose cases comes true is vacuous under the policy, and so is one that speaks of what an assumption alone keeps
from every run. An operation that never succeeds is reported.
"""

from __future__ import annotations

from collections.abc import Iterator
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

__all__ = ["Samples", "witness"]

#: Places that are kept of one step with one outcome.
ENOUGH = 4


class Samples:
    """Places of the scenarios at which some steps were tried: a few for each outcome."""

    def __init__(self, names: set[str]) -> None:
        """Take the names of the steps."""
        self.names, self.taken = names, dict[tuple[str, str], list[tuple[Any, dict[str, Any]]]]()

    def note(self, name: str, outcome: str, state: Any, typed: dict[str, Any]) -> None:
        """Keep a place, if there are not enough of its kind."""
        kept = self.taken.setdefault((name, outcome), []) if name in self.names else [(None, {})] * ENOUGH
        if len(kept) < ENOUGH:
            kept.append((state, typed))

    def of(self, name: str) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Yield the places of a step, and the first of each kind with one argument after the other taken for 0 (mostly refused)."""
        for (other, _), places in self.taken.items():
            if other == name:
                yield from places
                state, given = places[0]
                yield from ((state, given | {arg: type(word)(0)}) for arg, word in given.items())


def witness(policy: Any, assumed: list[Statement], samples: Samples | None = None) -> Seen:
    """Replay every scenario without what the assumptions do not allow, and find out what they alone keep from every run."""
    seen = shown(policy, assumed, samples or Samples(set()))
    if seen.cut:
        free = shown(policy, [], Samples(set()))
        seen.kept_back = free.succeeded - seen.succeeded
        away = {theorem: [c for c in cases if c not in seen.cases.get(theorem, ())] for theorem, cases in free.cases.items()}
        seen.kept_away = {theorem: cases for theorem, cases in away.items() if cases}
    return seen


def shown(policy: Any, assumed: list[Statement], samples: Samples) -> Seen:
    """Replay every scenario, with the policy's own operations where a step is refused for want of them.

    A step that is refused, or raises, is skipped, and so is one into a state that breaks an assumption.
    """
    known, own = {t.name: t for t in steps(policy)}, own_operations(policy)
    checker = Checker(assumed, policy.State)
    open_cases = {(theorem, text): holds for theorem, found in WITNESSES.items() for text, holds in found}
    seen = Seen()
    at_first = {name: power_on(policy.State) for name, power_on in PLATFORMS.items()}
    for _, platform, script in SCENARIOS:
        state: Any = at_first[platform]
        if assumed and checker.broken_anywhere(state):
            seen.cut += 1
            continue
        taken: set[str] = set()
        for name, given in script:
            after = take(known, state, name, given, samples)
            for one, args in offers(own, known[name].params, given) if own and after is None and name in known else ():
                begun = take(known, state, one.name, args, samples)
                after = None if begun is None else take(known, begun, name, given, samples)
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


def take(known: dict[str, Transition], state: Any, name: str, given: dict[str, int], samples: Samples) -> Any:
    """Return the state after a step, or None if it is refused, or raises: what a policy raises is told by the proof of the step."""
    transition = known.get(name)
    if transition is None or set(transition.params) != set(given):
        return None
    types: dict[str, Any] = dict(transition.params)
    typed = {n: bool(given[n]) if t is bool else t.of(given[n]) for n, t in types.items()}
    try:
        after = transition(state, **typed)
    except Exception as error:  # noqa: BLE001 - see above
        samples.note(name, repr(error), state, typed)
        return None
    samples.note(name, "", state, typed)
    return after
