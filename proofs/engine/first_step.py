"""The first step: whether a step breaks a statement when it is taken at power-on, on any machine.

Nothing is proved by it. What the facts about power-on allow, and breaks a statement, is a run of one step.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from proofs.engine.induction import Induction, chosen
from proofs.engine.instances import Instances, formula
from proofs.engine.maps import argument
from proofs.engine.paths import explore
from proofs.engine.query import FIRST, Query, example
from proofs.engine.solvers import solver
from proofs.engine.terms import neg
from proofs.statements import Statement
from pymodel.language.steps import Transition
from pymodel.language.truth import Signal

__all__ = ["broken_at_first"]


def broken_at_first(
    induction: Induction, step: Transition, statements: list[Statement], facts: list[Statement], arbitrary: Container[str]
) -> Iterator[tuple[Statement, dict[str, Any]]]:
    """Yield the statements that a step breaks at power-on where it succeeds, each with a model's machine, arguments and keys.

    Each is asked for once, with little effort; what is not answered then is not known.
    """
    state = induction.power_on(arbitrary)
    instances = Instances(facts, induction.kind, state)
    arguments = {n: argument(t, f"arg!{n}") for n, t in step.params.items()}
    try:
        paths = list(explore(lambda: step(state, **arguments), feasible=solver.feasible))
    except Signal:
        return
    for st in statements:
        keys = induction.keys[st.name]
        for path in chosen(st, paths):
            given = (path.value,) if st.of_one_state else (state, step.name, arguments, path.value)
            try:
                goal, reads = formula(st.function, *given, *keys)
            except Signal:
                break
            query = Query(instances, [path.condition, neg(goal)], [*path.reads, *reads])
            if query.decide(induction.limits.rlimit, FIRST) == "sat" and query.model is not None:
                found = example(state, step.params, arguments, query.model)
                yield st, found | {"keys": induction.keys_in(st, query.model)}
                break
