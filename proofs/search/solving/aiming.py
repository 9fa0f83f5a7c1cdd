"""The aimed search: from a rich state, one short sequence of steps at a time, with every argument left to the solver.

Induction has named a step and a statement that it may break. The question here is whether, from a state that a run from
boot does reach, that step, after a step or two before it, does break it; the arguments are whatever makes it so. A statement
about refusals is broken by a step that is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any

from proofs.engine.instances import formula
from proofs.engine.maps import argument, symbolic_state
from proofs.engine.paths import Path, explore
from proofs.engine.query import Model, concrete_of, raw
from proofs.engine.solvers import solver
from proofs.engine.terms import FALSE, TRUE, Node, conj, neg
from proofs.search.places import Break, Place
from proofs.search.scenarios import SCENARIOS
from proofs.statements import OF_ANSWERS, Kind, Statement
from proofs.theorems.operations.contract import ACCOUNT_PARTS
from pymodel.language.steps import Transition
from pymodel.language.truth import Signal

if TYPE_CHECKING:
    from proofs.search.walker import Walker

__all__ = ["Hit", "aim", "behind", "chosen", "ends", "solve"]

#: Solver units for one sequence.
RLIMIT = 3_000_000
#: A state that mentions more than this is tried with one step in front at most.
LARGE = 800
#: Steps at most that are tried in front of the step at fault.
IN_FRONT = 25


def ends(walker: Walker) -> list[Place]:
    """Return where the scenarios end under the policy, states that mention little first; learn what each step writes."""
    out = []
    for _, platform, script in SCENARIOS:
        place = walker.power_on(platform)
        for name, args in script:
            after = walker.known_step(place, name, args)
            if after is not None:
                walker.wrote(place, after)
                place = after
        out.append(place)
    return sorted(out, key=size)


def in_front(walker: Walker, last: Transition, statements: list[Statement]) -> list[Transition]:
    """Return steps that write what a step, or a statement that it may break, reads: for each part some, those that write little."""
    wanted = walker.reads(last.name).union(*(walker.checker.reads.get(st.name, ()) for st in statements)) - set(ACCOUNT_PARTS)
    small_first = sorted(walker.writes, key=lambda name: (len(walker.writes[name]), name))
    writers = [[n for n in small_first if part in walker.writes[n] and n != last.name] for part in sorted(wanted)]
    turns = zip_longest(*sorted(writers, key=len))
    found = dict.fromkeys(name for turn in turns for name in turn if name is not None)
    return [walker.transitions[name] for name in islice(found, IN_FRONT)]


Hit = tuple[Place, Break]


@dataclass
class Reached:
    """How far a sequence has come: the state before its last step, and how many refusals were noted by then."""

    before: Any = None
    refusals: int = 0


def hits(walker: Walker, place: Place, sequence: list[Transition], statements: list[Statement]) -> Hit | None:
    """Return where a sequence of steps from a place breaks one of the statements, run concretely; or None."""
    arguments = [{n: argument(t, f"aim!{i}.{n}") for n, t in step.params.items()} for i, step in enumerate(sequence)]
    keys = {st.name: [argument(t, f"aim!{st.name}.{n}") for n, t in st.params.items()] for st in statements}
    reached = Reached()

    def run() -> Any:
        reached.before = None
        state = behind(place, sequence[:-1], arguments)
        assert Node.current is not None
        reached.before, reached.refusals = state, len(Node.current.refusals)
        return sequence[-1](state, **arguments[-1])

    try:
        for path in explore(run, limit=128):
            for condition, outcome, speaking in ends_of(path, reached, statements):
                about = (reached.before, sequence[-1].name, arguments[-1], outcome)
                given = [(outcome,) if st.of_one_state else about for st in speaking]
                goals = [formula(st.function, *g, *keys[st.name])[0] for st, g in zip(speaking, given, strict=True)]
                model = solve([condition, neg(conj(goals))]) if conj(goals) is not TRUE else None
                if model is not None:
                    broken = next(st for st, goal in zip(speaking, goals, strict=True) if not model.value(goal))
                    at = tuple(concrete_of(type(k), k, model) for k in keys[broken.name])
                    return confirm(walker, place, sequence, arguments, model, Break(broken, at))
    except Signal:
        return None
    return None


def ends_of(path: Path, reached: Reached, statements: list[Statement]) -> Iterator[tuple[Node, Any, list[Statement]]]:
    """Yield how the last step ends on a path: the condition, the state or the reason of a refusal, and what speaks of it."""
    of_success = [st for st in statements if st.kind not in OF_ANSWERS]
    of_refusal = [st for st in statements if st.kind == Kind.REFUSAL]
    if of_success and path.outcome == "ok" and solve([path.condition]) is not None:
        yield path.condition, path.value, of_success
    if of_refusal and reached.before is not None:
        refused = [(path.condition, path.value)] if path.outcome == "refused" else []
        for condition, reason in [*path.refusals[reached.refusals :], *refused]:
            yield condition, reason, of_refusal


def behind(place: Place, steps: Sequence[Transition], arguments: list[dict[str, Any]]) -> Any:
    """Return the state to which some steps lead from a place, whatever their arguments are."""
    state = symbolic_state(type(place.state), "", place.state)
    for step, args in zip(steps, arguments, strict=False):
        state = step(state, **args)
    return state


def solve(parts: list[Node], rlimit: int = RLIMIT) -> Model | None:
    """Return a model of some terms, if the solver finds one soon."""
    if any(p is FALSE for p in parts):
        return None
    session = solver.Session()
    session.add(parts)
    return Model(session) if session.check(rlimit) == "sat" else None


def chosen(step: Transition, arguments: dict[str, Any], model: Model) -> dict[str, int]:
    """Return the numbers that a model gives the arguments of a step."""
    return {n: raw(concrete_of(kind, arguments[n], model)) for n, kind in step.params.items()}


def confirm(  # noqa: PLR0913 - what the model speaks of
    walker: Walker,
    place: Place,
    sequence: list[Transition],
    arguments: list[dict[str, Any]],
    model: Model,
    goal: Break,
) -> Hit | None:
    """Take the steps that a model names in the concrete model, and see that the statement is broken."""
    before = place
    for step, args in zip(sequence, arguments, strict=True):
        numbers = chosen(step, args, model)
        after = walker.take(place, step.name, numbers)
        if after is None and step is sequence[-1] and goal.statement.kind == Kind.REFUSAL:
            after = Place(place.platform, place.state, [*place.path, (step.name, numbers)])
        if after is None:
            return None
        before, place = place, after
    return (place, goal) if walker.shows(goal, before, place) else None


def aim(walker: Walker, places: list[Place], name: str, statements: list[Statement], limit: int) -> Hit | None:
    """Try sequences that end in a step that may break the statements, shorter ones first; `limit` counts sequences."""
    last = walker.transitions[name]
    small = [p for p in places if size(p) < LARGE]
    front = in_front(walker, last, statements)
    one = [(f, last) for f in front]
    two = [(e, f, last) for e in front for f in front]
    sequences = [(x, p) for group, ps in (([(last,)], places), (one, places), (two, small)) for x in group for p in ps]
    for sequence, place in sequences[:limit]:
        found = hits(walker, place, list(sequence), statements)
        if found is not None:
            return found
    return None


def size(place: Place) -> int:
    """Return how much a state mentions; a symbolic read of it costs as much."""
    return len(place.state.memory.points) + len(place.state.frame.points)
