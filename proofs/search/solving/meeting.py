"""Meeting a guard: arguments with which a step, taken at a place that a run reaches, is refused by one guard alone."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from proofs.engine.instances import Instances
from proofs.engine.maps import symbolic_state
from proofs.engine.paths import explore
from proofs.engine.query import FIRST, Query
from proofs.engine.terms import neg
from proofs.search.corpus.guards import Guard, arbitrary_arguments, guards, paths_of
from proofs.search.places import Place
from proofs.search.solving.aiming import chosen, solve
from pymodel.language.steps import Transition

__all__ = ["alone", "excluded", "succeeding"]

#: Solver units for one question, all of whose cells but the arguments are known.
RLIMIT = 1_000_000

Numbers = dict[str, int]


def alone(place: Place, step: Transition, wanted: AbstractSet[Guard]) -> Iterator[tuple[Guard, Numbers]]:
    """Yield guards that alone refuse a step there, of those wanted, each with arguments.

    Only a path that comes to the step's end says so: on another one the guards behind where it broke off were not asked.
    """
    known, met = guards(), set[Guard]()
    arguments, ended = arbitrary_arguments(step), False

    def run() -> Any:
        nonlocal ended
        ended = False
        after = step(symbolic_state(type(place.state), "", place.state), **arguments)
        ended = True
        return after

    for path in explore(run):
        for asked in path.asked if ended else ():
            guard = known.get((step.name, str(asked.reason), asked.where))
            if guard is None or guard not in wanted or guard in met:
                continue
            others = [c for n, c in enumerate(path.conditions) if n != asked.number]
            model = solve([*others, neg(asked.fact)], RLIMIT)
            if model is not None:
                met.add(guard)
                yield guard, chosen(step, arguments, model)


def succeeding(place: Place, step: Transition) -> Iterator[Numbers]:
    """Yield arguments with which a step succeeds there, for each path."""
    for arguments, path in paths_of(step, symbolic_state(type(place.state), "", place.state)):
        model = solve([path.condition], RLIMIT) if path.outcome == "ok" else None
        if model is not None:
            yield chosen(step, arguments, model)


def excluded(step: Transition, wanted: AbstractSet[Guard], instances: Instances, rlimit: int) -> set[Guard]:
    """Return the guards of a step that the invariants exclude in every state, of those wanted: no run ever meets one."""
    known, found, met = guards(), set[Guard](), set[Guard]()
    for _, path in paths_of(step, instances.state):
        for asked in path.asked:
            guard = known.get((step.name, str(asked.reason), asked.where))
            if guard is not None and guard in wanted and guard not in met:
                query = Query(instances, [asked.known, neg(asked.fact)], list(path.reads))
                (found if query.decide(rlimit, FIRST) == "unsat" else met).add(guard)
    return found - met
