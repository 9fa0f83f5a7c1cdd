"""Near misses: runs close to a known one in which a step is asked for that is not the reference's.

Before that step a few steps are left out, or done earlier, or with another argument, or another step of the same kind is done in
their stead; and then the step is asked for as before. Where it does what the reference would not, the same is run again with an
eager adversary: between any two steps hardware, guests and devices do whatever they did in some run and adds something. So a
flush that is not waited for meets a cache that is filled, and a page that is not cleared one that was written.

Nothing here names a step: what is tried follows from the runs at hand, from who takes a step and from what it writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from proofs.search.adversary import Adversary, Deeds, is_choice, numbers
from proofs.search.concrete import alone, changed_keys
from proofs.search.places import Break, Hit, Place, Step
from proofs.search.stepping import refusal
from pymodel.language.outcomes import Refused
from pymodel.language.state import MapShape

if TYPE_CHECKING:
    from proofs.search.walker import Walker
    from pymodel.language.steps import Transition

__all__ = ["NearMisses"]

#: How a run goes on from the place at an index: these steps.
Variant = tuple[int, list[Step]]

#: Steps before the one in question that are varied; how much earlier a few of them may be done; how many at once.
WINDOW, EARLIER, TOGETHER = 22, 12, (1, 2, 3, 4)
#: Occasions of one kind that are varied; points of one map that say of what kind an occasion is.
OCCASIONS, POINTS = 3, 8
#: Times that one step is looked at where it does what the reference would not, and run again with an eager and a free adversary.
LOOKS, EAGERLY, FREELY = 120, 60, 12
#: Steps of the known run that are taken behind the one in question.
ONWARDS = 10
#: Arguments that operations about the same things have in common; that a step may lack which is taken for another.
ALIKE, LACKING = 2, 2
#: Last steps in front of which a policy's own operation is taken, and arguments with which it is.
BEFORE, PREPARED = 10, 3
#: How many variants are tried of a run into which such an operation was put.
PLAINLY = 40
#: Choices with which a step is asked for once more.
AGAIN = 16
#: How far another number lies from the one that an argument is; how many others that a state mentions are tried.
NEAR, OTHERS = (-1, 1), 5


@dataclass(frozen=True)
class Occasion:
    """A step that is asked for at the end of a known run: the places of the run, its steps between them, what came next."""

    trail: list[Place]
    steps: list[Step]
    asked: Step
    later: list[Step]
    prepared: int | None = None
    """Where it goes on behind an operation of the policy's own that was put into it."""


@dataclass(frozen=True)
class Known:
    """A known run: what was asked for, in order; the places that it came to, and the steps that it took there."""

    asked: list[tuple[Place, Step]]
    trail: list[Place]
    steps: list[Step]
    taken: list[int]
    """How many steps were taken before each that was asked for."""

    def occasion(self, n: int, step: Step) -> Occasion:
        """Return where a step is asked for in the stead of one of the run's."""
        later = [other for _, other in self.asked[n + 1 : n + 1 + ONWARDS]]
        return Occasion(self.trail[: self.taken[n] + 1], self.steps[: self.taken[n]], step, later)


def known_run(asked: list[tuple[Place, Step]]) -> Known:
    """Return a run by what was asked for, refused or not, and where."""
    run = Known(asked, [], [], [])
    for n, (place, _) in enumerate(asked):
        if run.trail and place is not run.trail[-1]:
            run.steps.append(asked[n - 1][1])
        if not run.trail or place is not run.trail[-1]:
            run.trail.append(place)
        run.taken.append(len(run.steps))
    return run


class NearMisses:
    """Varies the known runs of one policy's machine, around each step that is not the reference's."""

    def __init__(self, walker: Walker) -> None:
        """Take a walker that has run the known runs."""
        self.walker = walker
        self.adversary = Adversary(walker)
        self.odd: Counter[str] = Counter()
        self.left: list[tuple[Place, list[Step]]] = []
        self.siblings = siblings(walker)
        self.plan = self.planned()

    def run(self, limit: int, stop: Callable[[], bool] = lambda: False) -> Hit | None:
        """Go on until the walker tried so many steps in all; return where something broke."""
        while self.walker.found.tried < limit and not stop():
            found = next(self.plan, None)
            if found is None:
                break
            occasion, variant = found
            hit = self.tried(occasion, *variant)
            if hit is not None:
                return hit
        return None

    def planned(self) -> Iterator[tuple[Occasion, Variant]]:
        """Yield what to try: near one occasion of each kind, the nearest first and all in turn; then near a second one.

        A policy's own operations are taken in front of its other steps before that.
        """
        known = self.occasions()
        prepared = [[one for kind in known for one in self.prepared(kind[0])]] if self.walker.own else []
        ranks = [[kind[rank] for kind in known if rank < len(kind)] for rank in range(OCCASIONS)]
        for some in [*prepared, *ranks]:
            most = PLAINLY if some in prepared else None
            turns = [(one, islice(self.variants(one), most)) for one in some]
            while turns:
                for turn in list(turns):
                    found = next(turn[1], None)
                    if found is None:
                        turns.remove(turn)
                    else:
                        yield turn[0], found

    # What is varied

    def occasions(self) -> list[list[Occasion]]:
        """Return where a step in question was asked for, by kind, a few of each: those with most in the machine."""
        kinds: dict[Any, list[tuple[int, Known, int, Step]]] = {}
        seen = set[Any]()
        for asked in self.walker.asked:
            run = known_run(asked)
            for n, (place, step) in enumerate(asked):
                if (id(place), step[0], *step[1].items()) in seen:  # runs begin alike
                    continue
                seen.add((id(place), step[0], *step[1].items()))
                others = [(own.name, args) for own in self.walker.own for args in self.in_the_stead_of(own, step)]
                if step[0] in self.walker.touched or self.comes_of(run.steps[: run.taken[n]][-WINDOW:], step):
                    kinds.setdefault(self.kind(place, step), []).append((riches(place), run, n, step))
                for other in others:
                    kinds.setdefault((step[0], *self.kind(place, other)), []).append((riches(place), run, n, other))
        ordered = sorted(kinds.values(), key=lambda known: known[0][3][0] not in self.walker.touched)
        ranked = (sorted(known, key=lambda k: (-k[0], k[1].taken[k[2]])) for known in ordered)
        return [[run.occasion(n, step) for _, run, n, step in known[:OCCASIONS]] for known in ranked]

    def in_the_stead_of(self, other: Transition, step: Step) -> Iterator[dict[str, int]]:
        """Yield the arguments of another operation that is about the same things as a step: each is one of the step's."""
        shared, lacking = self.shared(other, step)
        if step[0] != other.name and other.params and not lacking:
            yield shared

    def shared(self, other: Transition, step: Step) -> tuple[dict[str, int], list[str]]:
        """Return arguments of another step that are a step's own, by name or by type, else 0; and which are none of them."""
        name, args = step
        kinds: dict[str, Any] = dict(self.walker.transitions[name].params) if name in self.walker.transitions else {}
        alike = {n: [args[m] for m, kind in kinds.items() if kind is k] for n, k in other.params.items()}
        given = {n: args[n] if kinds.get(n) is k else next(iter(alike[n]), 0) for n, k in other.params.items()}
        return given, [n for n, found in alike.items() if not found]

    def comes_of(self, steps: list[Step], step: Step) -> bool:
        """Say whether a step of the hypervisor's may go by what one in question wrote shortly before."""
        written = [self.walker.marks(name) for name, _ in steps if name in self.walker.touched]
        return bool(written) and self.is_ours(step) and any(parts & self.walker.reads(step[0]) for parts in written)

    def prepared(self, one: Occasion) -> Iterator[Occasion]:
        """Yield a run with an operation of the policy's own in front of one of the last steps, first of those in question."""
        n = len(one.steps)
        steps = [*one.steps, one.asked]
        last = sorted(range(max(0, n - BEFORE), n + 1), key=lambda i: (steps[i][0] not in self.walker.touched, -i))
        for i, own in product(last, self.walker.own):
            name, args = steps[i] if steps[i][0] in self.walker.touched else one.asked
            for given in islice(self.arguments(one.trail[i], own.name, args, name), PREPARED) if name != own.name else ():
                after = self.walker.take(one.trail[i], own.name, given)
                if after is None:
                    continue
                trail, taken = [*one.trail[: i + 1], after], [*one.steps[:i], (own.name, given)]
                for step in one.steps[i:]:
                    after = self.walker.take(trail[-1], *step)
                    if after is not None:
                        trail.append(after)
                        taken.append(step)
                yield Occasion(trail, taken, one.asked, one.later, i + 1)

    def kind(self, place: Place, step: Step) -> Any:
        """Return what an occasion has in common with others: what the reference does there, or why and where it refuses."""
        name, args = step
        transition = self.walker.usual_form(name)
        if transition is None:
            return name, self.walker.reason(place, name, args) is None
        try:
            after = transition(place.state, **self.walker.typed(transition, args))
        except Refused as refused:
            return (name, *refusal(refused)[1:])
        except Exception:  # noqa: BLE001 - a state that the reference cannot read
            return name, None
        chosen = tuple(args[n] for n, kind in transition.params.items() if is_choice(kind))
        return name, chosen, effect(place.state, after)

    def variants(self, one: Occasion) -> Iterator[Variant]:
        """Yield how a run may go on otherwise: from which of its places, with which steps; something of each sort in turn."""
        low, end = max(0, len(one.steps) - WINDOW), len(one.steps)
        if one.prepared is not None:
            yield one.prepared, [*one.steps[one.prepared :], one.asked]
        yield end, [one.asked]
        for given in islice(self.arguments(one.trail[-1], one.asked[0], one.asked[1], one.asked[0]), OTHERS * 4):
            yield end, [(one.asked[0], given)]
        related = ((end, [step]) for step in self.related(one))
        before = [related, self.shorter(one.steps, low), self.earlier(one.steps, low), self.others(one, low)]
        sorts = [*(((at, [*steps, one.asked]) for at, steps in sort) for sort in before), self.again(one)]
        while sorts:
            for sort in list(sorts):
                found = next(sort, None)
                if found is None:
                    sorts.remove(sort)
                else:
                    yield found

    def again(self, one: Occasion) -> Iterator[Variant]:
        """Yield the run with the step asked for once more behind some of what came next, of the same things."""
        name, args = one.asked
        kinds = self.walker.transitions[name].params
        rows = [numbers(kind) if is_choice(kind) else [args[n]] for n, kind in kinds.items()] if set(args) == set(kinds) else []
        for given in islice(product(*rows), AGAIN):
            for k in range(len(one.later) + 1):
                yield len(one.steps), [one.asked, *one.later[:k], (name, dict(zip(kinds, given, strict=True)))]

    def shorter(self, steps: list[Step], low: int) -> Iterator[Variant]:
        """Yield the run without a few steps."""
        for size in TOGETHER:
            for i in reversed(range(low, len(steps) - size + 1)):
                if size == 1 or self.is_ours(steps[i]):
                    yield i, steps[i + size :]

    def earlier(self, steps: list[Step], low: int) -> Iterator[Variant]:
        """Yield the run with a few steps done earlier; hardware, guests and devices may do theirs at any time anyway."""
        for size in TOGETHER[1::-1]:
            for i in reversed(range(low, len(steps) - size + 1)):
                for j in reversed(range(max(low, i - EARLIER), i)) if self.is_ours(steps[i]) else ():
                    yield j, [*steps[i : i + size], *steps[j:i], *steps[i + size :]]

    def related(self, one: Occasion) -> list[Step]:
        """Return operations that are about the same things as the one asked for, but for one argument at most."""
        if not self.is_ours(one.asked):
            return []
        name, args = one.asked
        out = list[Step]()
        for other in self.walker.transitions.values():
            shared = sum(kind in other.params.values() for kind in self.walker.transitions[name].params.values())
            if other.actor == "hypervisor" and len(other.params) - 1 <= shared >= ALIKE:
                out += [(other.name, given) for given in islice(self.arguments(one.trail[-1], other.name, args, name), PREPARED)]
        return out

    def is_ours(self, step: Step) -> bool:
        """Say whether the hypervisor takes a step."""
        return self.walker.transitions[step[0]].actor == "hypervisor"

    def others(self, one: Occasion, low: int) -> Iterator[Variant]:
        """Yield the run with one step that has another argument, or in the stead of which another of its kind is taken."""
        for i in reversed(range(low, len(one.steps))):
            name, args = one.steps[i]
            for other in (name, *self.siblings.get(name, ())):
                for given in self.arguments(one.trail[i], other, args, name):
                    yield i, [(other, given), *one.steps[i + 1 :]]

    def arguments(self, place: Place, name: str, args: dict[str, int], of: str) -> Iterator[dict[str, int]]:
        """Yield arguments near those of a step: one is another number; what a step of another name lacks is one in use."""
        wanted: dict[str, Any] = dict(self.walker.transitions[name].params)
        pools, _ = self.walker.pools(place.state)
        start, lacking = self.shared(self.walker.transitions[name], (of, args))
        if name != of:
            rows = [[*pools.get(wanted[n], ()), 0][: OTHERS * 2] for n in lacking]
            drawn = product(*rows) if len(lacking) <= LACKING else ()
            yield from ({**start, **dict(zip(lacking, row, strict=True))} for row in drawn)
            return
        for n, kind in wanted.items():
            near = [(start[n] + d) % (1 << kind.width) for d in NEAR] if not is_choice(kind) else []
            others = numbers(kind) if is_choice(kind) else near + pools.get(kind, [])[-OTHERS:]
            yield from ({**start, n: number} for number in dict.fromkeys(others) if number != start[n])

    # What comes of it

    def try_deviation(self, place: Place, steps: list[Step], later: list[Step], limit: int) -> Hit | None:
        """Take steps from a place, the last of which does what the reference refuses, as near misses are taken."""
        return self.tried(Occasion([place], place.path, steps[-1], later[:ONWARDS]), 0, steps) or self.freely(limit)

    def tried(self, one: Occasion, at: int, steps: list[Step]) -> Hit | None:
        """Go on otherwise, ask for the step, and go on; where it did what the reference would not, once more and eagerly.

        What an operation of the policy's own prepared may show in that alone which comes between.
        """
        name = one.asked[0]
        odd, hit = self.onwards(one.trail[at], steps, [])
        odd = odd or one.prepared is not None
        self.odd[name] += odd
        if hit is None and odd and self.odd[name] <= EAGERLY:
            deeds = self.adversary.deeds(one.steps)
            _, hit = self.onwards(self.adversary.eager(one.trail[at], deeds), steps, one.later, deeds)
        if hit is None and odd and self.odd[name] <= FREELY:
            self.left.append((one.trail[at], steps))
        return hit

    def freely(self, limit: int, stop: Callable[[], bool] = lambda: False) -> Hit | None:
        """Go back to where a step did what the reference would not and nothing broke, and let the adversary do what it can."""
        while self.left and self.walker.found.tried < limit and not stop():
            hit = self.let_free(*self.left.pop(0))
            if hit is not None:
                return hit
        return None

    def let_free(self, place: Place, steps: list[Step]) -> Hit | None:
        """Take steps, and then let the adversary do whatever it can about the things of the last one."""
        for name, args in steps:
            place = self.walker.take(place, name, args) or place
        for after in self.adversary.free(place, steps[-1]):
            hit = self.come_to(place, after)
            if hit is not None:
                return hit
            place = after
        return None

    def onwards(self, place: Place, steps: list[Step], later: list[Step], deeds: Deeds | None = None) -> tuple[bool, Hit | None]:
        """Take steps and leave out the refused; look at the statements where the policy does what the reference would not.

        With deeds, the adversary is eager. Return whether the policy did so, and what broke.
        """
        odd, last = False, len(steps) - 1
        close = deeds is not None or self.odd[steps[last][0]] <= LOOKS
        for n, (name, args) in enumerate([*steps, *later]):
            after = self.walker.take(place, name, args)
            if self.walker.denial is not None:
                return odd, self.walker.denial
            if after is None:
                continue
            deviates = name in self.walker.touched and self.walker.compare(place, after)
            odd = odd or deviates
            hit = self.looked(place, after) if close and odd and (deviates or n >= last) else None
            if hit is not None:
                return odd, hit
            place = self.adversary.eager(after, deeds) if deeds is not None and n <= last else after
            if n == last and not odd:
                break
            hit = self.come_to(after, place) if n == last and place is not after else None
            if hit is not None:
                return odd, hit
        return odd, None

    def looked(self, place: Place, after: Place) -> Hit | None:
        """Look at all statements where a step did what the reference would not."""
        broken = self.walker.changed(place, after)
        return (after, broken) if broken else self.walker.looked([place, after])

    def come_to(self, place: Place, after: Place) -> Hit | None:
        """Look at all statements of one state where some steps of the adversary have led."""
        broken = [Break(*found) for found in self.walker.checker.broken(after.state, place.state)]
        return (after, broken) if broken else self.walker.looked([place, after])


def siblings(walker: Walker) -> dict[str, list[str]]:
    """Return for each step the others that the same actor takes, without a caller too, and that write the same parts."""
    out: dict[str, list[str]] = {}
    for name in walker.writes:
        mine, writes = walker.transitions[name], walker.marks(name)
        others = [
            t.name
            for t in walker.transitions.values()
            if t.name != name
            and t.actor == mine.actor
            and ("caller" in t.params) == ("caller" in mine.params)
            and writes
            and walker.marks(t.name) == writes
        ]
        if others:
            out[name] = others
    return out


def riches(place: Place) -> int:
    """Return how much there is in a machine, a map of many points counting as little as one of some."""
    maps = [getattr(place.state, name) for name, shape in place.state.shapes().items() if isinstance(shape, MapShape)]
    return sum(min(len(part.points), POINTS) for part in maps)


def effect(before: Any, after: Any) -> Any:
    """Return what a step did: the parts and fields that it changed, with the new value where that has a name."""
    out = set[Any]()
    for name, shape in before.shapes().items():
        old, new = getattr(before, name), getattr(after, name)
        if old is new:
            continue
        keys = changed_keys(old, new)[:POINTS] if isinstance(shape, MapShape) else []
        pairs = [(old[k], new[k]) for k in map(alone, keys)]
        for a, b in pairs:
            fields = [(f, kind) for f, kind in a.fields().items() if bool(getattr(a, f) != getattr(b, f))]
            out |= {(name, f, str(getattr(b, f)) if is_choice(kind) else "") for f, kind in fields}
    return frozenset(out)
