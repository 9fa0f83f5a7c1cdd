"""Trials: a mutant run on concrete states that scenarios reach from boot, beside the policy that it was made from.

Where a mutant takes a step that the policy refuses, or takes it to another state, every statement is looked at: one that
breaks is broken from a state that the policy does reach. Where it refuses what the policy does, those about refusals are.
Where a scenario goes on under the policy and stops under the mutant, an operation that must succeed no longer does.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from proofs.mutation.sources import Mutant
from proofs.search.concrete import Checker
from proofs.search.drawing import values_of
from proofs.search.scenarios import SCENARIOS
from proofs.search.scenarios.attempts import ATTEMPTS
from proofs.search.scenarios.teardown import LIVES
from proofs.search.walker import Walker
from proofs.theorems import Statement
from pymodel.language.outcomes import Reason, Refused
from pymodel.language.state import State
from pymodel.language.steps import Transition
from pymodel.platforms import PLATFORMS

__all__ = ["Trials"]

#: Places at which a step is taken exactly as in a scenario.
EXACT = 400
#: Draws of all arguments where a scenario ends.
FAR = 12
#: States that differ from the policy's and satisfy every statement, before a step is left to the solver.
HARMLESS = 60

Numbers = dict[str, int]


@dataclass(frozen=True)
class Place:
    """A state on the way of a scenario, and the step that the scenario takes, or tries, there (none at its end)."""

    scenario: str
    state: Any
    step: str
    numbers: Numbers
    taken: bool = True


class Trials:
    """The places that the scenarios reach under a policy."""

    def __init__(self, policy: Any, statements: list[Statement], steps: dict[str, Transition]) -> None:
        """Run the scenarios once."""
        self.steps = steps
        self.kind = policy.State
        self.checker = Checker(statements, policy.State)
        self.walker = Walker(policy, [], 0)
        self.pools: dict[int, Any] = {}
        self.used = self._used()
        scripts = sorted([*SCENARIOS, *LIVES, *ATTEMPTS], key=lambda s: len(s[2]))
        self.scripts = [(name, platform, self.run(name, platform, script)) for name, platform, script in scripts]
        self.ends = [places[-1] for _, _, places in self.scripts]
        last: dict[str, dict[Any, Place]] = {}
        taken: dict[str, dict[Any, Place]] = {}
        for _, platform, places in self.scripts:
            way: Any = platform  # scripts that begin alike lead to the same places
            for place in places:
                way = hash((way, place.step, *place.numbers.items()))
                taken.setdefault(place.step, {})[way] = place
            for step, (number, place) in {p.step: (n, p) for n, p in enumerate(places)}.items():
                last.setdefault(step, {})[number, *place.numbers.items()] = place
        self.samples = {step: list(found.values()) for step, found in last.items()}
        self.taken = {step: exact(list(found.values())) for step, found in taken.items()}

    def _used(self) -> dict[type, list[int]]:
        """Return the numbers of each type that the scripts name, small ones first."""
        found: dict[type, set[int]] = {}
        for _, _, script in [*SCENARIOS, *LIVES, *ATTEMPTS]:
            for step, numbers in script:
                for name, value in numbers.items():
                    found.setdefault(self.steps[step].params.get(name, bool), set()).add(value)
        return {kind: sorted(values) for kind, values in found.items()}

    def run(self, scenario: str, platform: str, script: Any) -> list[Place]:
        """Return the places on the way of a scenario; what the policy refuses leads nowhere."""
        out = []
        state: Any = PLATFORMS[platform](self.kind)
        for step, numbers in script:
            after = self.take(step, state, numbers)
            if after is not None:
                out.append(Place(scenario, state, step, numbers, isinstance(after, State)))
            state = after if isinstance(after, State) else state
        return [*out, Place(scenario, state, "", {})]

    def take(self, step: str, state: Any, numbers: Numbers) -> Any:
        """Take a step: the state after it, the reason of its refusal, or None if it takes other arguments under this policy."""
        if set(numbers) != set(self.steps[step].params):
            return None
        try:
            return self.steps[step](state, **self.typed(step, numbers))
        except Refused as refused:
            return refused.reason

    def typed(self, step: str, numbers: Numbers) -> dict[str, Any]:
        """Return the arguments of a step as words."""
        types: dict[str, Any] = dict(self.steps[step].params)
        return {n: bool(numbers[n]) if t is bool else t.of(numbers[n]) for n, t in types.items()}

    # What breaks

    def broken(self, mutant: Mutant, names: Iterable[str], held: Callable[[str, Statement], bool]) -> str:
        """Return the first statement that a step of a mutant is seen to break, of those that the policy's own step holds."""
        self.walker.random = random.Random(mutant.key)  # noqa: S311 - repeatable, not a secret
        for name in names:
            harmless = 0
            for place, numbers in self.draws(name):
                with mutant.installed():
                    after = self.take(name, place.state, numbers)
                if after is None or same(after, self.take(name, place.state, numbers)):
                    continue
                found = [st.name for st in self.new_breaks(name, place, numbers, after) if held(name, st)]
                if found:
                    return f"{name} breaks {found[0]}, where {place.scenario!r} goes"
                harmless += isinstance(after, State)
                if harmless == HARMLESS:
                    break
        return ""

    def new_breaks(self, name: str, place: Place, numbers: Numbers, after: Any) -> list[Statement]:
        """Return the statements that a step breaks and that held before it."""
        if isinstance(after, Reason):
            return self.checker.broken_by_refusal(place.state, name, self.typed(name, numbers), after)
        found = [st for st, _ in self.checker.broken_by(place.state, name, self.typed(name, numbers), after)]
        state = self.checker.broken(after, place.state)
        return found + [st for st, keys in state if st.function(place.state, *keys)]

    def draws(self, name: str) -> Iterator[tuple[Place, Numbers]]:
        """Return places and arguments: those of the scenarios, then others close by, then any that fit the state."""
        step, samples = self.steps[name], self.samples.get(name, [])
        for place in self.taken.get(name, []):
            yield place, place.numbers
        for place in samples:
            for changed, kind in step.params.items():
                for value in self.values(kind, place):
                    yield place, {**place.numbers, changed: value}
        for place in self.ends:
            for _ in range(FAR if step.params else 1):
                yield place, self.walker.arguments(step, *self.pools_of(place))
                if samples:
                    two = self.walker.random.sample(sorted(step.params), min(2, len(step.params)))
                    yield place, self.redrawn(place, self.walker.random.choice(samples).numbers, step, two)

    def redrawn(self, place: Place, numbers: Numbers, step: Transition, changed: Iterable[str]) -> Numbers:
        """Draw some arguments again."""
        return {**numbers, **{n: self.walker.random.choice(self.values(step.params[n], place)) for n in changed}}

    def values(self, kind: type, place: Place) -> list[int]:
        """Return numbers of a type to try: the first, the last, those that the scripts name, and those that a state mentions."""
        return values_of(kind, [*self.used.get(kind, ()), *self.pools_of(place)[0].get(kind, ())])

    def pools_of(self, place: Place) -> Any:
        """Return the numbers that a state mentions."""
        if id(place.state) not in self.pools:
            self.pools[id(place.state)] = self.walker.pools(place.state)
        return self.pools[id(place.state)]

    # What no longer succeeds

    def stopped(self, mutant: Mutant, names: Iterable[str]) -> str:
        """Return the first step of a scenario that succeeds under the policy and not under the mutant."""
        with mutant.installed():
            for scenario, platform, places in self.scripts:
                if not any(p.step in names for p in places):
                    continue
                state: Any = PLATFORMS[platform](self.kind)
                for number, place in enumerate((p for p in places[:-1] if p.taken), 1):
                    state = self.take(place.step, state, place.numbers)
                    if not isinstance(state, State):
                        return f"{place.step} no longer succeeds: step {number} of {scenario!r}"
        return ""


def exact(places: list[Place]) -> list[Place]:
    """Choose places at which a step is taken as it is there: where it is refused, and some of the others."""
    others = [p for p in places if p.taken]
    return [p for p in places if not p.taken][:EXACT] + others[:: len(others) // EXACT + 1]


def same(one: Any, other: Any) -> bool:
    """Say whether two outcomes of a step are the same: both states that are equal, or both refusals."""
    if not (isinstance(one, State) and isinstance(other, State)):
        return isinstance(one, State) == isinstance(other, State)
    return all(getattr(one, n) is getattr(other, n) or getattr(one, n) == getattr(other, n) for n in one.shapes())
