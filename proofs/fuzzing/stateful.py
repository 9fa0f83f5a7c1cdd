"""The stateful machine: hypothesis chooses the steps and their arguments, and makes the run that breaks something short.

The machine is made from the declarations alone: one rule for each kind of step, of the hypervisor, the hardware, the guests
and the devices. An argument is a small number that picks from what the state mentions, so that things collide and so that
a smaller number means the same thing in a shorter run. A run begins where a scenario leads.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from proofs.search.places import Break, Changed, Place
from proofs.search.scenarios.runs.parts import LONG
from proofs.search.walker import Walker, walker_of
from pymodel.language.steps import Transition
from pymodel.language.words import Choice, Word

__all__ = ["Broken", "Round", "machine", "run"]

#: Steps of one example, and numbers that an argument is picked by.
LENGTH, PICKS = 25, 64
#: Steps taken at most to make a failing example shorter.
SHRINK = 1_000


class Broken(AssertionError):  # noqa: N818 - says what happened
    """A statement broke."""


class Enough(BaseException):
    """The time is over, or the example is short enough."""


@dataclass
class Round:
    """A run of the machine: the shortest failing place so far and what broke there."""

    walker: Walker
    places: list[Place]
    stop: Callable[[], bool] = lambda: False
    hit: tuple[Place, list[Break]] | None = None
    left: int = SHRINK
    changed: Changed | None = None
    known: dict[str, list[dict[str, int]]] = field(default_factory=dict)

    def count(self) -> None:
        """Count a step, and end the round when there is no more time for it."""
        self.left -= self.hit is not None
        if self.left < 0 or self.stop():
            raise Enough


def pick(kind: type, number: int, pools: dict[type, list[int]]) -> int:
    """Return the argument that a small number stands for."""
    if kind is bool:
        return number % 2
    if issubclass(kind, Choice):
        return number % len(kind.names)
    assert issubclass(kind, Word)
    pool = pools.get(kind) or [0, 1, 2, 3]
    return min(pool[number % len(pool)], (1 << kind.width) - 1)


def chosen(t: Transition, known: list[dict[str, int]], how: int, picks: list[int], mentioned: Any) -> dict[str, int]:
    """Return the arguments that some numbers stand for: such as succeeded before with one picked again, or all of them picked."""
    pools, rows = mentioned
    names = list(t.params)
    if how < len(known):
        at = picks[-1] % (len(names) + 1)
        again = {n: pick(t.params[n], picks[i], pools) for i, n in enumerate(names) if i + 1 == at}
        return {**known[how], **again}
    row = rows[picks[-1] % len(rows)] if rows and how % 2 else {}
    return {n: row[k] if k in row else pick(k, picks[i], pools) for i, (n, k) in enumerate(t.params.items())}


class Machine(RuleBasedStateMachine):
    """What the machines of all policies have in common."""

    round: Round
    place: Place
    before: Place

    def begin(self, number: int) -> None:
        """Begin at a place to which a scenario leads."""
        self.place = self.before = self.round.places[number % len(self.round.places)]
        self.begun = len(self.place.path)

    def step(self, t: Transition, how: int, picks: list[int]) -> None:
        """Take a step, or be refused; then everything that holds must still hold."""
        self.round.count()
        walker = self.round.walker
        args = chosen(t, self.round.known.get(t.name, []), how, picks, walker.pools(self.place.state))
        walker.denial = None
        try:
            after = walker.take(self.place, t.name, args)
        except Changed as changed:
            self.round.changed = changed
            raise Enough from changed
        if after is not None:
            self.before, self.place = self.place, after
            self.look()
        elif walker.denial is not None:
            self.fail(*walker.denial)

    def look(self) -> None:
        """Check the statements that may have changed."""
        walker = self.round.walker
        broken = walker.changed(self.before, self.place)
        broken += [Break(s, keys) for s, keys in walker.rest.broken(self.place.state, self.before.state)]
        if broken:
            self.fail(self.place, broken)

    def fail(self, place: Place, broken: list[Break]) -> None:
        """Keep the shortest run that breaks something, and end this one."""
        if self.round.hit is None or len(place.path) <= len(self.round.hit[0].path):
            self.round.hit = (place, broken)
        raise Broken(broken[0].statement.name)

    def teardown(self) -> None:
        """Tell hypothesis how deep the run went, and how often the policy did what the reference would not."""
        if not hasattr(self, "begun"):
            return
        taken = self.place.path[self.begun :]
        hypothesis.target(float(len(taken)), label="steps that were not refused")
        hypothesis.target(float(len({n for n, _ in taken})), label="kinds of steps")
        hypothesis.target(float(sum(n in self.round.walker.touched for n, _ in taken)), label="steps of the policy's own")


def machine(one: Round) -> type[Machine]:
    """Return the machine of a policy: a rule for each of its steps."""
    body: dict[str, Any] = {"round": one, "__doc__": "The machine of a policy.", "__module__": __name__}
    body["scenario"] = initialize(number=st.integers(0, len(one.places) - 1))(_begin)
    for t in one.walker.transitions.values():
        # A list of its own length for each step: one number an argument, and one that says which of them is picked again.
        picks = st.lists(st.integers(0, PICKS), min_size=len(t.params) + 1, max_size=len(t.params) + 1)
        most = len(one.known.get(t.name, [])) + 3
        body[f"take_{t.name}"] = rule(how=st.integers(0, most), picks=picks)(_rule(t))
    return type("PolicyMachine", (Machine,), body)


def _begin(self: Machine, number: int) -> None:
    self.begin(number)


def _rule(t: Transition) -> Callable[..., None]:
    def take(self: Machine, how: int, picks: list[int]) -> None:
        self.step(t, how, picks)

    take.__name__ = f"take_{t.name}"
    return take


def starts(walker: Walker) -> list[Place]:
    """Return where runs begin: where scenarios lead, and where the policy did what the reference would not have done."""
    places = [*walker.corpus, *(p for found in (walker.deviating, walker.near) for kept in found.values() for p in kept[:20])]
    return list({id(p): p for p in places if len(p.path) < LONG or p.path[-1][0] in walker.touched}.values())


def rounds(walker: Walker, examples: int, seed: int, database: Path | None, stop: Callable[[], bool]) -> Round:
    """Run so many examples of the machine, and return what came of it."""
    one = Round(walker, starts(walker), stop, known={n: [dict(a) for a in known] for n, known in walker.known.items()})
    settings = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=LENGTH,
        database=None if database is None else DirectoryBasedExampleDatabase(database),
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
        report_multiple_bugs=False,
        print_blob=False,
    )
    kind = hypothesis.seed(seed)(machine(one))
    state = random.getstate()
    # What a failing run breaks is in the round; a policy that does not do the same twice is flaky, and that is no matter here.
    try:
        with contextlib.suppress(Enough, Broken, hypothesis.errors.Flaky):
            run_state_machine_as_test(kind, settings=settings)
    finally:
        random.setstate(state)
    if one.changed is not None:
        raise one.changed
    return one


def run(  # noqa: PLR0913 - what to run, and how far
    policy: Any,
    clauses: set[str],
    examples: int = 100,
    seed: int = 0,
    database: Path | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Round:
    """Run the stateful machine of a policy against some statements."""
    walker = walker_of(policy, clauses, seed)
    walker.scripted()
    return rounds(walker, examples, seed, database, stop)
