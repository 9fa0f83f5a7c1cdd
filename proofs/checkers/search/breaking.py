"""What a step or a state breaks, and a shorter run that breaks the same."""

from __future__ import annotations

from copy import copy
from typing import Any

from proofs.checkers.concrete import Checker
from proofs.checkers.search.mentions import mentioned
from proofs.checkers.search.places import Break, Place, Taken
from proofs.checkers.search.stepping import Stepper
from proofs.theorems import Statement
from pymodel.platforms import PLATFORMS

__all__ = ["Breaker"]

#: Steps that are taken at most in order to make one trace shorter.
SHRINK = 20_000


class Breaker(Stepper):
    """Looks at the statements where a step led, and makes a run short that breaks one."""

    def __init__(self, policy: Any, statements: list[Statement], seed: int, rest: list[Statement]) -> None:
        """Note which parts of the state each statement reads."""
        super().__init__(policy, statements, seed, rest)
        parts = set(policy.State.shapes())
        self.reads = {st.name: mentioned(st.function)[0] & parts for st in [*statements, *rest]}

    def differing(self, checker: Checker, before: Any, after: Any) -> list[tuple[Statement, Any]]:
        """Return the statements that fail of a state; only what reads a part in which it is not the state before is looked at."""
        parts = {n for n in after.shapes() if getattr(before, n) is not getattr(after, n)}
        return [hit for st, _ in checker.plans if self.reads[st.name] & parts for hit in checker.only(st).broken(after, before)]

    def changed(self, before: Place, after: Place) -> list[Break]:
        """Return the quick statements that a step breaks, if all held before it."""
        name, args = after.path[-1]
        found = self.differing(self.checker, before.state, after.state)
        found += self.checker.broken_by(before.state, name, self.typed(self.transitions[name], args), after.state)
        return [Break(statement, keys) for statement, keys in found]

    def looked(self, trail: list[Place], share: float = 1.0) -> tuple[Place, list[Break]] | None:
        """Look at a share of the other statements where a walk ended; what broke is looked for from its first place on."""
        first, last = trail[0].state, trail[-1].state
        some = self.rest if share == 1.0 else self.sample(share)
        broken = [st for st, _ in self.differing(some, first, last)]
        for place in trail if broken else []:
            hit = [Break(st, keys) for st in broken for _, keys in self.rest.only(st).broken(place.state, first)]
            if hit:
                return place, hit
        return None

    def sample(self, share: float) -> Checker:
        """Return a checker of some of the other statements."""
        some = copy(self.rest)
        some.plans = [plan for plan in self.rest.plans if self.random.random() < share]
        return some

    def broken(self, before: Place, after: Place) -> list[Break]:
        """Return the statements that the last step of a place, or the state it led to, breaks."""
        found = self.checker.broken(after.state)
        if len(after.path) > len(before.path):
            name, args = after.path[-1]
            found += self.checker.broken_by(before.state, name, self.typed(self.transitions[name], args), after.state)
        return [Break(statement, keys) for statement, keys in found]

    # Making a trace short

    def replays(self, platform: str, path: Taken, goal: Break) -> Taken | None:
        """Run a list of steps, leaving out the refused ones; return what was taken if the last of it breaks the goal.

        Where a refusal is the goal the last step stays, since it is the one that is refused.
        """
        refused = path[-1:] if goal.statement.kind == "refusal" else []
        place = before = Place(platform, PLATFORMS[platform](self.policy.State), [])
        for name, args in path[: len(path) - len(refused)]:
            after = self.take(place, name, args)
            if after is not None:
                before, place = place, after
        if refused:
            before, place = place, Place(platform, place.state, [*place.path, *refused])
        return place.path if self.shows(goal, before, place) else None

    def shows(self, goal: Break, before: Place, place: Place) -> bool:
        """Say whether the last step of a place, its refusal, or the state it led to, breaks a statement at given keys."""
        if goal.statement.of_one_state:
            return not goal.statement.function(place.state, *goal.keys)
        if not place.path:
            return False
        name, args = place.path[-1]
        outcome = self.reason(before, name, args) if goal.statement.kind == "refusal" else place.state
        typed = self.typed(self.transitions[name], args)
        return outcome is not None and not goal.statement.function(before.state, name, typed, outcome, *goal.keys)

    def shrink(self, place: Place, goal: Break) -> Taken:
        """Drop steps, in large pieces and then one by one, while the last of them still breaks the goal; within a budget."""
        path = place.path
        size, budget = max(1, len(path) // 2), SHRINK
        while size and budget > 0:
            at = len(path)
            while at > 0 and budget > 0:
                shorter = self.replays(place.platform, path[: max(0, at - size)] + path[at:], goal)
                budget -= len(path)
                if shorter is not None and len(shorter) < len(path):
                    path = shorter
                    at = min(at, len(path))
                else:
                    at -= size
            size //= 2
        return path
