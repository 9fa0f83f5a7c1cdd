"""Records runs of the Python model: actions of a map at random, some of them with other steps in between, and refusals."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from proofs.tla.binding.language import Call, Case, Seen, Steps
from proofs.tla.binding.replay import Attempt, Machine

__all__ = ["Event", "Recorded", "record"]

#: Of the refusals that are met, the share that is recorded; of the actions that may be interrupted, of the next steps.
REFUSED, INTERRUPTED, NEXT = 0.04, 0.6, 0.3


@dataclass(frozen=True)
class Event:
    """An action that Python took or refused, or None for a step without effect, and what Python showed afterwards."""

    case: Case | None
    taken: bool
    seen: Seen
    calls: tuple[Call, ...] = ()


@dataclass
class Recorded:
    """Recorded runs, how often each action was taken in them, how many refusals, how many actions were interrupted."""

    runs: list[list[Event]] = field(default_factory=list)
    actions: Counter[str] = field(default_factory=Counter)
    refusals: int = 0
    interrupted: int = 0


def record(machine: Machine, count: int, length: int, seed: int) -> Recorded:
    """Run the Python model at random, so many times, so many actions each."""
    out, draws = Recorded(), Draws(machine, seed)
    for _ in range(count):
        walk = Walk(machine, draws)
        out.runs.append(walk.run(length))
        out.interrupted += walk.interrupted
    for event in (e for run in out.runs for e in run if e.case is not None):
        out.actions[event.case.name if event.case else ""] += event.taken
        out.refusals += not event.taken
    return out


class Draws:
    """Draws actions, rather those that took few steps so far; arguments mostly from a row that is seen and was liked before."""

    def __init__(self, machine: Machine, seed: int) -> None:
        """Begin without experience."""
        self.machine = machine
        self.chance = random.Random(seed)  # noqa: S311 - a repeatable search, not a secret
        self.names = [a.name for a in machine.binding.actions if not a.inner]
        self.tried: Counter[tuple[str, str]] = Counter()
        self.liked: Counter[tuple[str, str]] = Counter()
        self.spent: Counter[str] = Counter()

    def draw(self, seen: Seen) -> tuple[str, Case]:
        """Draw an action and its arguments; say which observable gave them, or "" for none."""
        [name] = self.chance.choices(self.names, [(1 + self.spent[n]) ** -0.5 for n in self.names])
        cases = self.machine.by_name[name]
        sources = ["", *(n for n, rows in seen.items() if rows)]
        weights = [(self.liked[name, n] + 1) / (self.tried[name, n] + 1) for n in sources]
        source = self.chance.choices(sources, weights)[0]
        if source:
            named = set(self.chance.choice(sorted(seen[source])))
            most = max(len(named & c.values) for c in cases)
            cases = [c for c in cases if len(named & c.values) == most]
        return source, self.chance.choice(cases)

    def learn(self, source: str, case: Case, liked: bool, spent: int) -> None:
        """Note whether an action was taken with arguments from there, and in how many Python steps."""
        self.tried[case.name, source] += 1
        self.liked[case.name, source] += liked
        self.spent[case.name] += spent + liked


class Walk:
    """One run, from where the binding starts; `under_way` are actions whose last steps are still to come."""

    def __init__(self, machine: Machine, draws: Draws) -> None:
        """Begin."""
        self.machine, self.draws, self.chance = machine, draws, draws.chance
        self.state, self.reached = machine.start, frozenset[tuple[str, ...]]()
        self.seen = machine.show(self.state, self.reached)
        self.events: list[Event] = []
        self.under_way: list[tuple[Case, Steps]] = []
        self.interrupted = 0

    def run(self, length: int) -> list[Event]:
        """Take so many actions, and end those that are under way."""
        taken = 0
        while taken < length or self.under_way:
            if self.under_way and (taken >= length or self.chance.random() < NEXT):
                self.go_on(*self.under_way.pop(self.chance.randrange(len(self.under_way))))
            else:
                taken += self.anything()
        return self.events

    def anything(self) -> bool:
        """Try an action; say whether it was taken or begun."""
        source, case = self.draws.draw(self.seen)
        action, is_locked = self.machine.actions[case.name], self.is_locked(case)
        if is_locked and not action.unlocked:
            return False
        tried = self.machine.attempt(self.state, case)
        self.draws.learn(source, case, not tried.refused, len(tried.taken))
        if tried.refused:
            if not (action.one_way or is_locked) and self.chance.random() < REFUSED:
                self.events.append(Event(case, False, self.seen))
            return False
        if action.effect and self.chance.random() < INTERRUPTED:
            self.begin(case, action.steps(self.state, dict(case.args)))
        else:
            self.note(case, tried)
        return True

    def begin(self, case: Case, wanted: Steps) -> None:
        """Take the first step of an action, the rest of which comes later."""
        self.interrupted += 1
        self.part(case, wanted, has_effect=self.machine.actions[case.name].effect == "first")

    def go_on(self, case: Case, wanted: Steps) -> None:
        """Take the next step of an action."""
        last = len(wanted) == 1
        self.part(case, wanted, has_effect=last and self.machine.actions[case.name].effect == "last")

    def part(self, case: Case, wanted: Steps, *, has_effect: bool) -> None:
        """Take one step of an action; refused in the middle, the action counts as refused."""
        done = self.machine.one_of(self.state, wanted[0])
        if done.refused:
            self.events.append(Event(case, False, self.seen))
            return
        self.note(case if has_effect else None, done)
        if wanted[1:]:
            self.under_way.append((case, wanted[1:]))

    def note(self, case: Case | None, done: Attempt) -> None:
        """Go to where an attempt led, and record what is seen there; a step without effect reaches nothing new."""
        self.state = done.state
        self.reached = self.reached if case is None else done.reached
        self.seen = self.machine.show(self.state, self.reached)
        self.events.append(Event(case, True, self.seen, tuple(done.taken)))

    def is_locked(self, case: Case) -> bool:
        """Say whether an action is under way that keeps this one out."""
        lock = self.machine.binding.lock
        wanted = of(case, lock)
        return bool(lock) and len(wanted) == len(lock) and any(of(other, lock) == wanted for other, _ in self.under_way)


def of(case: Case, names: tuple[str, ...]) -> dict[str, Any]:
    """Return some of the arguments of an action."""
    return {name: value for name, value in case.args if name in names}
