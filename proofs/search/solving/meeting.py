"""Meeting a guard: arguments with which a step, taken at a place that a run reaches, is refused by one guard alone."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from proofs.engine.instances import Instances
from proofs.engine.maps import symbolic_state
from proofs.engine.query import FIRST, Model, Query, concrete_of, raw
from proofs.engine.solvers import solver
from proofs.engine.terms import FALSE, Node, neg
from proofs.search.corpus.guards import Guard, guards, paths_of
from proofs.search.places import Place
from pymodel.language.steps import Transition

__all__ = ["alone", "excluded", "succeeding"]

#: Solver units for one question, all of whose cells but the arguments are known.
RLIMIT = 1_000_000

Numbers = dict[str, int]


def alone(place: Place, step: Transition, wanted: AbstractSet[Guard]) -> Iterator[tuple[Guard, Numbers]]:
    """Yield guards that alone refuse a step there, of those wanted, each with arguments."""
    known, met = guards(), set[Guard]()
    for arguments, path in paths_of(step, symbolic_state(type(place.state), "", place.state)):
        for asked in path.asked:
            guard = known.get((step.name, str(asked.reason), asked.where))
            if guard is None or guard not in wanted or guard in met:
                continue
            others = [c for n, c in enumerate(path.conditions) if n != asked.number]
            found = solved([*others, neg(asked.fact)], step, arguments)
            if found is not None:
                met.add(guard)
                yield guard, found


def succeeding(place: Place, step: Transition) -> Iterator[Numbers]:
    """Yield arguments with which a step succeeds there, for each path."""
    for arguments, path in paths_of(step, symbolic_state(type(place.state), "", place.state)):
        found = solved([path.condition], step, arguments) if path.outcome == "ok" else None
        if found is not None:
            yield found


def solved(parts: list[Node], step: Transition, arguments: dict[str, Any]) -> Numbers | None:
    """Return arguments that make some terms true, if the solver finds them soon."""
    if any(part is FALSE for part in parts):
        return None
    session = solver.Session()
    session.add(parts)
    if session.check(RLIMIT) != "sat":
        return None
    model = Model(session)
    return {n: raw(concrete_of(kind, arguments[n], model)) for n, kind in step.params.items()}


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
