"""Deviations: a changed step taken where the reference refuses it, behind a step or two that prepare it.

Near misses change what a known run has. Here the solver is asked: at a place that a run reaches, behind steps that write what the
policy's own code reads, is there anything for which the policy takes its step and the reference does not? What it finds is then
taken as any near miss is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import TYPE_CHECKING, Any, NamedTuple

from proofs.engine.maps import argument
from proofs.engine.paths import explore
from proofs.engine.terms import Node, neg
from proofs.policies.code_references import read_by_its_own
from proofs.search.places import Place, Step, shape
from proofs.search.solving.aiming import LARGE, behind, chosen, size, solve
from pymodel.language.steps import Transition
from pymodel.language.truth import Signal

if TYPE_CHECKING:
    from proofs.search.walker import Walker

__all__ = ["Deviation", "deviations"]

#: Steps that are taken in front, by name; places at which that is tried with none, one and two of them.
HELPERS, PLACES = 8, (400, 120, 30)
#: Deviations from one guard of the reference that are looked at, and paths of a step in front of which more is not asked.
LIKE, PATHS = 6, 64
#: Of a shape of what the policy's own code reads, so many places are kept.
ALIKE = 3


class Deviation(NamedTuple):
    """Where a run leads, the steps that go on from there, the last of them the one in question, and what came next in that run."""

    place: Place
    steps: list[Step]
    later: list[Step]


def deviations(walker: Walker, limit: int, stop: Callable[[], bool]) -> Iterator[Deviation]:
    """Yield deviations of the steps that a policy changes, those that need nothing in front first; `limit` counts sequences."""
    own = read_by_its_own(walker.policy) & set(walker.policy.State.shapes())
    changed = [t for t in walker.transitions.values() if t.name in walker.touched and walker.usual_form(t.name) is not None]
    helpers = sorted((n for n, parts in walker.writes.items() if parts & own), key=lambda n: (len(walker.writes[n]), n))[:HELPERS]
    places = kept(walker, own)
    found: Counter[Any] = Counter()
    for (place, later), sequence in islice(planned(walker, places, helpers, changed), limit):
        if stop():
            return
        for steps in found_at(walker, place, sequence, found):
            yield Deviation(place, steps, later)


def planned(
    walker: Walker, places: list[tuple[Place, list[Step]]], helpers: list[str], changed: list[Transition]
) -> Iterator[tuple[tuple[Place, list[Step]], tuple[Transition, ...]]]:
    """Yield where to ask for which steps in a row: one, then two, then three."""
    for n, most in enumerate(PLACES):
        fronts = [tuple(walker.transitions[name] for name in names) for names in product(helpers, repeat=n)]
        for place in places[:most]:
            yield from ((place, (*front, step)) for front, step in product(fronts, changed))


def kept(walker: Walker, own: set[str]) -> list[tuple[Place, list[Step]]]:
    """Return places of the known runs, each with what came next: of each shape of what the policy's own code reads a few."""
    kinds: Counter[int] = Counter()
    out, seen = list[tuple[Place, list[Step]]](), set[int]()
    without = set(walker.policy.State.shapes()) - own
    for asked in walker.asked:
        for n, (place, _) in enumerate(asked):
            if id(place) not in seen and size(place) < LARGE:
                seen.add(id(place))
                mark = shape(place.state, without)
                kinds[mark] += 1
                if kinds[mark] <= ALIKE:
                    out.append((place, [step for _, step in islice(asked, n, None)]))
    return sorted(out, key=lambda found: len(found[0].path))


def found_at(walker: Walker, place: Place, steps: tuple[Transition, ...], found: Counter[Any]) -> Iterator[list[Step]]:
    """Yield steps with arguments, of those names, the last of which the policy takes and the reference refuses."""
    arguments = [{n: argument(t, f"dev!{i}.{n}") for n, t in step.params.items()} for i, step in enumerate(steps)]
    last, asked = steps[-1], 0

    def run(step: Transition) -> Any:
        nonlocal asked
        state = behind(place, steps[:-1], arguments)
        assert Node.current is not None
        asked = len(Node.current.questions)
        return step(state, **arguments[-1])

    try:
        ours = [path for path in explore(lambda: run(last), limit=PATHS) if path.outcome == "ok"]
        refused = []
        for path in explore(lambda: run(walker.reference[last.name]), limit=PATHS) if ours else ():
            refused += [(one.where, [one.known, neg(one.fact)]) for one in path.asked[asked:] if one.reason is not None]
        for where, parts in refused:
            for path in ours:
                model = solve([path.condition, *parts]) if found[last.name, where] < LIKE else None
                if model is not None:
                    found[last.name, where] += 1
                    yield [(step.name, chosen(step, args, model)) for step, args in zip(steps, arguments, strict=True)]
    except Signal:
        return
