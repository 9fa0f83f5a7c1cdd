"""The search for a run from boot that breaks a promise: rich states first, then steps at random with sensible arguments.

Scripted scenarios bring the machine into rich states under the policy at hand. From them walks set out: each step is drawn
by weight, each argument from what the state already mentions or from what such a step was given before, so that things
collide. States whose shape is new are kept as further starting points, and so are those in which a step did what the
reference would not have done. Everything is drawn from one seed and counted in steps, so a search can be repeated.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import Any

from proofs.policies.policy_statements import own_invariants, stated
from proofs.search.concrete import raw_keys, same
from proofs.search.corpus import recorded
from proofs.search.drawing import Drawer, values_of
from proofs.search.near_misses import NearMisses
from proofs.search.places import Break, Hit, Place, Step, shape
from proofs.search.scenarios import SCENARIOS
from proofs.search.scenarios.attempts import ATTEMPTS
from proofs.search.scenarios.own import offers, own_operations
from proofs.search.scenarios.runs.parts import LONG
from proofs.search.scenarios.teardown import LIVES
from proofs.search.scenarios.trail import Trail, beginning, led
from proofs.statements import Kind, Statement
from proofs.theorems.operations.contract import ACCOUNT_PARTS
from proofs.traces import Trace, trace_steps
from pymodel.language.outcomes import Refused
from pymodel.machine import MachineState
from pymodel.platforms import PLATFORMS

__all__ = ["Walker", "traced", "walker_of"]

#: Steps of one walk that were not refused.
LENGTH = 14
#: Arguments drawn for one step before another step is drawn, and steps without success before a walk ends.
TRIES, DEAD_END = 12, 40
#: Kept starting points, and arguments tried of each of the policy's own steps at each place at first.
CORPUS, PROBES = 400, 25
#: The share of the other statements that are looked at where a walk ends.
SAMPLE = 0.2
#: Tried steps of the first look at all places.
FIRST = 30_000
#: Tried steps of runs that are near the scenarios: before their steps are taken with one argument changed, and after that.
AT_ONCE, CLOSE_BY = 30_000, 30_000
#: How often the solver is asked for what a changed step does that the reference refuses.
DEVIATING = 2500
#: Places where the policy did what the reference would not that are looked at as closely as can be.
THOROUGH = 12
#: Places at which a step is taken as a scenario does but for one argument.
SAMPLES = 40
#: So many of the steps taken so are looked at by all other statements, the rest by some.
CLOSELY = 200
#: Parts of the state that say little of its shape, or too much.
SHAPELESS = (*ACCOUNT_PARTS, "memory", "frame")
#: Statements looked at after every step beside the promises; the rest are looked at where one of these broke.
ALSO = frozenset(
    {
        "a_fresh_frame_is_zero",
        "a_context_blocks_or_is_the_owners",
        "a_leaf_is_a_reference_to_its_frame",
        "a_request_belongs_to_who_issued_it",
        "a_handle_holds_its_grant",
        "a_pin_holds_its_frame",
    }
)


class Walker(Drawer):
    """Walks of one policy's machine."""

    def __init__(
        self,
        policy: Any,
        statements: list[Statement],
        seed: int,
        focus: list[str] | None = None,
        rest: list[Statement] | None = None,
    ) -> None:
        """Begin without any place to set out from."""
        super().__init__(policy, statements, seed, focus, rest)
        self.seen: set[int] = set()
        self.corpus: list[Place] = []
        self.deviating: dict[str, list[Place]] = {}
        self.samples: dict[str, list[tuple[Place, dict[str, int]]]] = {}
        self.ends: list[Place] = []
        self.asked: list[list[tuple[Place, Step]]] = []
        """Of each known run the steps that were asked for, refused or not, each with the place where it was."""
        self.own = own_operations(policy)

    def scripted(self) -> Hit | None:
        """Run the scenarios, and what is recorded; return where a step broke something.

        Each end of a scenario, and some places on the way, is where walks set out.
        """
        taken: dict[Any, Place | None] = {}
        on = {name: self.power_on(name) for name in PLATFORMS}
        stories = [(platform, script, True) for _, platform, script in (*SCENARIOS, *LIVES, *ATTEMPTS)]
        runs = [*stories, *((run.platform, run.steps, False) for run in recorded().runs)]
        for platform, script, sets_out in sorted(runs, key=lambda run: len(run[1])):
            place, asked = on[platform], list[tuple[Place, Step]]()
            self.asked.append(asked)
            for n, (name, args) in enumerate(script):
                asked.append((place, (name, args)))
                key = (id(place), name, *args.items())
                if key not in taken:  # scenarios begin alike
                    begun = self.helped(place, name, args)
                    after = taken[key] = self.scripted_step(begun, name, args, keep=sets_out and len(script) < LONG and n % 8 == 0)
                    for one, other in ((place, begun), (begun, after)):
                        broken = self.broken_there(one, other) if other is not None and other is not one else []
                        if other is not None and broken:
                            return other, broken
                place = taken[key] or place
            if sets_out:
                self.new_shape(place)
                self.ends.append(place)
                self.corpus.extend([place] * (6 if len(script) < LONG else 1))  # large states are slow
        return self.denial

    def broken_there(self, place: Place, after: Place) -> list[Break]:
        """Return what a scenario's step breaks that is not what the reference would do, or comes behind one that is not.

        Of steps of one name in a row, behind it, the first is looked at.
        """
        odd = self.compare(place, after)
        after.deviated = odd or place.deviated
        if odd:
            return self.changed(place, after)
        again = bool(place.path) and place.path[-1][0] == after.path[-1][0]
        return self.broken_by(place, after) if place.deviated and not again else []

    def helped(self, place: Place, name: str, args: dict[str, int]) -> Place:
        """Return where a scenario's step is not refused any more, behind an operation of the policy's own, if there is one."""
        if not self.own or name not in self.transitions or self.reason(place, name, args) is None:
            return place
        for transition, given in offers(self.own, self.transitions[name].params, args):
            after = self.take(place, transition.name, given)
            if after is not None and self.reason(after, name, args) is None:
                self.learn(transition.name, given)
                self.samples.setdefault(transition.name, []).append((place, given))
                return after
        return place

    def scripted_step(self, place: Place, name: str, args: dict[str, int], *, keep: bool) -> Place | None:
        """Take a step of a scenario, and learn from it."""
        after = self.known_step(place, name, args)
        if name in self.touched:
            self.samples.setdefault(name, []).append((place, args))
        if after is None:
            return None
        self.learn(name, args)
        self.wrote(place, after)
        if keep and self.new_shape(after):
            self.corpus.append(after)
        return after

    def power_on(self, platform: str) -> Place:
        """Return a platform at power-on, where known runs begin."""
        usual = self.policy.State is MachineState and not self.assumed.plans
        trail = beginning(platform) if usual else None
        return Place(platform, trail.state if trail else PLATFORMS[platform](self.policy.State), [], trail=trail)

    def known_step(self, place: Place, name: str, args: dict[str, int]) -> Place | None:
        """Take a step of a known run; where it is the reference's, and was taken before, it leads where it led."""
        trail, step = place.trail, (name, *args.items())
        if trail is None:
            return self.take(place, name, args)
        if step in trail.next and name not in self.touched:
            self.found.tried += 1
            known = trail.next[step]
            after = None if known is None else self.led(place, name, args, known.state)
        else:
            after = self.take(place, name, args)
            known = self.usual(place, name, args) if name in self.touched else trail.follow(step, after and after.state)
        if after is not None and known is not None and same(after.state, known.state):
            after.state, after.trail = known.state, known
        return after

    def usual(self, place: Place, name: str, args: dict[str, int]) -> Trail | None:
        """Return where the reference comes to by a step that the policy changed, if it takes it."""
        trail, step, reference = place.trail, (name, *args.items()), self.usual_form(name)
        if trail is None or reference is None:
            return None
        if step not in trail.next:
            try:
                after = reference(trail.state, **self.typed(reference, args))
            except Refused:
                after = None
            trail.follow(step, after)
        return trail.next[step]

    def wrote(self, place: Place, after: Place) -> None:
        """Learn which parts the last step of a place writes, and whether it only forgets."""
        name = after.path[-1][0]
        led_to = after.trail or led(place.state, after.state)
        if name not in self.writes or name in self.forgetful:
            (self.forgetful.add if led_to.forgot else self.forgetful.discard)(name)
        self.writes.setdefault(name, set()).update(led_to.wrote)

    def new_shape(self, place: Place) -> bool:
        """Say whether no state of this shape was seen yet."""
        mark = shape(place.state, SHAPELESS)
        fresh = mark not in self.seen
        self.seen.add(mark)
        return fresh

    def compare(self, before: Place, after: Place) -> bool:
        """Keep a place as a starting point if the reference would have refused the step there, or done something else."""
        name, args = after.path[-1]
        if name not in self.touched or after.trail is not None:
            return False
        reference = self.usual_form(name)
        if reference is not None:
            with contextlib.suppress(Exception):  # refused, or a state that the reference cannot read
                if same(after.state, reference(before.state, **self.typed(reference, args))):
                    return False
        self.keep(self.deviating, name, after)
        return True

    def start(self) -> tuple[Place, str]:
        """Draw where a walk sets out, more often than not where the policy did what the reference would not; and why there."""
        for places, chance in ((self.deviating, 0.5), (self.near, 0.4), (self.frontier, 0.5)):
            if places and self.random.random() < chance:
                name = self.random.choice(list(places))
                return self.random.choice(places[name]), "" if places is self.deviating else name
        return self.random.choice(self.corpus), ""

    def walk(self, limit: int) -> Hit | None:
        """Walk from one kept place; return where a statement broke."""
        place, aim = self.start()
        transitions = list(self.transitions.values())
        weights = self.weights(transitions)
        misses = 0
        trail = [place]
        while len(trail) <= LENGTH and misses < DEAD_END and self.found.tried < limit:
            aimed = bool(aim) and self.random.random() < 0.25  # noqa: PLR2004 - a step or three between two tries
            t = self.transitions[aim] if aimed else self.random.choices(transitions, weights)[0]
            after = self.attempt(place, t, TRIES if t.params else 1)
            if self.denial is not None:
                return self.denial
            if after is None or after.state is place.state:
                misses += 1
                continue
            broken = self.changed(place, after)
            self.compare(place, after)
            place, misses = after, 0
            trail.append(place)
            if broken:
                return place, broken
            if len(self.corpus) < CORPUS and self.new_shape(place):
                self.corpus.append(place)
        self.found.depth = max(self.found.depth, len(place.path))
        return self.looked(trail, 1.0 if self.away(trail[-1]) else SAMPLE)

    def away(self, place: Place) -> bool:
        """Say whether the policy did what the reference would not shortly before a place."""
        return any(p.path[-1] is step for step in place.path[-LENGTH:] for p in self.deviating.get(step[0], ()))

    def prepare(self, limit: int, stop: Callable[[], bool] = lambda: False) -> Hit | None:
        """Run the scenarios and what is near them, and try the steps that are not the reference's at each place.

        Return where something broke.
        """
        hit = self.survey(stop)
        hit = hit if hit is not None or stop() else self.near_misses(limit, stop)
        return hit if hit is not None or stop() else self.probe(self.places(), stop)

    def near_misses(self, limit: int, stop: Callable[[], bool] = lambda: False) -> Hit | None:
        """Run what is near the scenarios, which were run, until so many steps were tried in all; return where something broke."""
        near = NearMisses(self)
        hit = near.run(min(limit, self.found.tried + AT_ONCE), stop)
        hit = hit if hit is not None or stop() else self.deviations(near, limit, stop)
        hit = hit if hit is not None or stop() else near.freely(min(limit, self.found.tried + AT_ONCE), stop)
        hit = hit if hit is not None or stop() else self.vary(limit, stop)
        return hit if hit is not None or stop() else near.run(min(limit, self.found.tried + CLOSE_BY), stop)

    def deviations(self, near: NearMisses, limit: int, stop: Callable[[], bool]) -> Hit | None:
        """Have the solver look for what a changed step does that the reference refuses; return where something broke."""
        from proofs.search.solving.deviations import deviations  # noqa: PLC0415 - imports z3

        for place, steps, later in deviations(self, DEVIATING, stop):
            hit = near.try_deviation(place, steps, later, limit)
            if hit is not None:
                return hit
        return None

    def places(self) -> list[Place]:
        """Return the kept places, those among them where the policy did what the reference would not."""
        odd = [p for kept in self.deviating.values() for p in kept]
        return list({id(p): p for p in [*self.corpus, *odd]}.values())

    def survey(self, stop: Callable[[], bool] = lambda: False) -> Hit | None:
        """Run the scenarios, and look at what they come to."""
        hit = self.scripted()
        if hit is not None:
            return hit
        strange = {id(p): p for kept in self.deviating.values() for p in kept}
        worth = set(list(strange)[:: len(strange) // THOROUGH + 1])
        for place in self.places():
            if id(place) in worth:
                broken = [Break(*hit) for c in (self.checker, self.rest) for hit in c.broken_anywhere(place.state, place.before)]
            elif id(place) in strange or not self.touched:
                broken = self.broken(place) + [Break(st, keys) for st, keys in self.rest.broken(place.state)]
            else:
                broken = self.broken(place) if len(place.path) < LONG else []
            if broken:
                return place, broken
            if stop():
                return None
        return None

    def vary(self, limit: int, stop: Callable[[], bool]) -> Hit | None:
        """Take the steps that are not the reference's as the scenarios do: where they end, and with one argument changed."""
        odd = 0
        for name, taken in self.samples.items():
            chosen = taken[:: len(taken) // SAMPLES + 1]
            elsewhere = ((place, args) for place in self.ends for _, args in chosen)
            for place, args in chain(elsewhere, ((p, args) for p, known in chosen for args in self.changes(p, name, known))):
                after = self.take(place, name, args)
                if self.denial is not None:
                    return self.denial
                if after is not None and self.compare(place, after):
                    odd += 1
                    broken = self.changed(place, after)
                    hit = (after, broken) if broken else self.looked([place, after], 1.0 if odd <= CLOSELY else SAMPLE)
                    if hit is not None:
                        return hit
                if stop() or self.found.tried >= limit:
                    return None
        return None

    def changes(self, place: Place, name: str, args: dict[str, int]) -> Iterator[dict[str, int]]:
        """Yield arguments of which one is changed to a number that the state or a scenario mentions, the first or the last."""
        pools, _ = self.pools(place.state)
        params = self.transitions[name].params
        for argument, kind in params.items() if set(args) == set(params) else ():
            used = [a[n] for _, a in self.samples[name] for n, k in params.items() if k is kind and n in a]
            for value in values_of(kind, [*used, *pools.get(kind, ())]):
                if value != args[argument]:
                    yield {**args, argument: value}

    def probe(self, places: list[Place], stop: Callable[[], bool]) -> Hit | None:
        """Try the steps that are not the reference's at each place; return where something broke.

        The machine is looked at closely where the reference would have done something else.
        """
        pairs = [(p, t) for p in places for t in self.transitions.values() if t.name in self.touched]
        self.random.shuffle(pairs)
        limit = self.found.tried + FIRST
        for place, t in pairs:
            if self.found.tried > limit or stop():
                break
            after = self.attempt(place, t, PROBES)
            if self.denial is not None:
                return self.denial
            if after is not None:
                odd = self.compare(place, after)
                broken = self.changed(place, after)
                hit = (after, broken) if broken else self.looked([place, after]) if odd else None
                if hit is not None:
                    return hit
        return None

    def run(self, limit: int, stop: Callable[[], bool] = lambda: False) -> Hit | None:
        """Walk until something breaks, or so many steps were tried."""
        hit = self.prepare(limit, stop) if not self.corpus else None
        while hit is None and self.found.tried < limit and not stop():
            hit = self.walk(limit)
        return hit


def walker_of(policy: Any, clauses: AbstractSet[str], seed: int, focus: list[str] | None = None) -> Walker:
    """Return a walker that looks at the promises after every step, and at the rest of the statements now and then."""
    wanted = [s for n, s in stated(policy).items() if n in clauses]
    also = ALSO | {s.name for s in own_invariants(policy)}
    quick = [s for s in wanted if s.area.name == "reach" or s.kind in (Kind.STEP, Kind.REFUSAL) or s.name in also]
    return Walker(policy, quick, seed, focus, [s for s in wanted if s not in quick])


def traced(walker: Walker, place: Place, broken: list[Break], name: str, digest: str) -> Trace:
    """Return the shortened trace to a place at which something broke."""
    goal = broken[0]
    path = trace_steps(walker.shrink(place, goal))
    return Trace(name, place.platform, path, goal.statement.name, tuple(raw_keys(goal.keys)), digest)
