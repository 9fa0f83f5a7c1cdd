"""What a step or a state breaks, and a shorter run that breaks the same."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy

from proofs.search.concrete import Checker
from proofs.search.places import Break, Place, Taken
from proofs.search.stepping import Stepper
from proofs.statements import Kind
from pymodel.platforms import PLATFORMS

__all__ = ["Breaker"]

#: Steps that are taken at most in order to make one trace shorter.
SHRINK = 30_000
#: Where pieces of a run to drop are smaller, all steps of one name are tried first.
PIECE = 16


class Breaker(Stepper):
    """Looks at the statements where a step led, and makes a run short that breaks one."""

    def changed(self, before: Place, after: Place) -> list[Break]:
        """Return the quick statements that a step breaks, if all held before it."""
        found = self.checker.broken(after.state, before.state)
        return [*(Break(statement, keys) for statement, keys in found), *self.broken_by(before, after)]

    def broken_by(self, before: Place, after: Place) -> list[Break]:
        """Return the statements about a step that a step breaks."""
        name, args = after.path[-1]
        found = self.checker.broken_by(before.state, name, self.typed(self.transitions[name], args), after.state)
        return [Break(statement, keys) for statement, keys in found]

    def looked(self, trail: list[Place], share: float = 1.0) -> tuple[Place, list[Break]] | None:
        """Look at a share of the other statements where a walk ended; what broke is looked for from its first place on."""
        first, last = trail[0].state, trail[-1].state
        some = self.rest if share == 1.0 else self.sample(share)
        broken = [st for st, _ in some.broken(last, first)]
        for place in trail[1:] if broken else []:
            hit = [Break(st, keys) for st in broken for _, keys in self.rest.only(st).broken(place.state, first)]
            if hit:
                return place, hit
        return None

    def sample(self, share: float) -> Checker:
        """Return a checker of some of the other statements."""
        some = copy(self.rest)
        some.plans = [plan for plan in self.rest.plans if self.random.random() < share]
        return some

    def broken(self, place: Place) -> list[Break]:
        """Return the quick statements that the state at a place breaks."""
        return [Break(statement, keys) for statement, keys in self.checker.broken(place.state)]

    # Making a trace short

    def onwards(self, places: list[Place], path: Taken, goal: Break) -> list[Place] | None:
        """Take steps from the last of some places, leaving out the refused; return all places if the last step breaks the goal.

        Where a refusal is the goal the last step stays, since it is the one that is refused.
        """
        refused = path[-1:] if goal.statement.kind == Kind.REFUSAL else []
        places = [*places]
        for name, args in path[: len(path) - len(refused)]:
            after = self.take(places[-1], name, args)
            places += [after] if after is not None else []
        if refused:
            last = places[-1]
            places.append(Place(last.platform, last.state, [*last.path, *refused]))
        return places if len(places) > 1 and self.shows(goal, *places[-2:]) else None

    def shows(self, goal: Break, before: Place, place: Place) -> bool:
        """Say whether the last step of a place, its refusal, or the state it led to, breaks a statement at given keys."""
        if goal.statement.of_one_state:
            return not goal.statement.function(place.state, *goal.keys)
        if not place.path:
            return False
        name, args = place.path[-1]
        outcome = self.reason(before, name, args) if goal.statement.kind == Kind.REFUSAL else place.state
        typed = self.typed(self.transitions[name], args)
        return outcome is not None and not goal.statement.function(before.state, name, typed, outcome, *goal.keys)

    def shrink(self, place: Place, goal: Break) -> Taken:
        """Drop steps while the last one still breaks the goal: large pieces, all of one name, small pieces; within a budget."""
        start = Place(place.platform, PLATFORMS[place.platform](self.policy.State), [])
        places = self.onwards([start], place.path, goal) or [place]
        budget = SHRINK if len(places) > 1 else 0
        for first, rest in shorter(places):
            if budget <= 0:
                break
            budget -= len(rest)
            found = self.onwards(places[: first + 1], rest, goal)
            if found is not None and len(found) < len(places):
                places[:] = found
        return places[-1].path


def shorter(places: list[Place]) -> Iterator[tuple[int, Taken]]:
    """Yield what to try in the stead of a run, which gets shorter meanwhile: its place to go on from, and the steps from there."""
    size = (len(places) - 1) // 2
    while size:
        at = len(places) - 1
        while at > 0:
            first = max(0, at - size)
            yield first, places[-1].path[at:]
            at = first
        for name in names(places) if size // 2 < PIECE <= size else ():
            path = places[-1].path
            first = next((n for n, step in enumerate(path) if step[0] == name), len(path) - 1)
            yield first, [step for step in path[first:-1] if step[0] != name] + path[-1:]
        size //= 2


def names(places: list[Place]) -> list[str]:
    """Return the names of the steps in front of the last one of a run, the latest first."""
    return list(dict.fromkeys(name for name, _ in reversed(places[-1].path[:-1])))
