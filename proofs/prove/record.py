"""The command that writes the hints: it proves the reference, and keeps for each proof what sufficed.

A hint that still suffices is kept as it is, so that after a small change little is to be done; but what has become costly is
asked alone from then on.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from operator import itemgetter
from typing import NamedTuple

from proofs.engine.decisions import decisions
from proofs.engine.hints import FILE, Hint, Hints, mark, mark_of, recorded
from proofs.engine.instances import Instance
from proofs.engine.query import Query
from proofs.engine.solvers import solver
from proofs.engine.solvers.solver import RLIMIT, Session
from proofs.engine.terms import Node, conjuncts
from proofs.prove.scheduler import ordered
from proofs.prove.step_prover import Setup, StepProver
from proofs.prove.tasks import Decide, RunWitnesses, all_tasks
from proofs.verdicts import Obligation
from pymodel.machine import Hypervisor

__all__ = ["main"]


class Way(NamedTuple):
    """A way of asking the solver: its flavour, what its guesses begin with, and whether in a space of its own."""

    flavour: str
    seed: int
    alone: bool = False


WAYS: tuple[Way, ...] = (
    Way("smt", 0),
    Way("numbers", 0),
    *(Way(flavour, seed) for seed in (0, 7, 3) for flavour in ("QF_UFBV", "smt")),
)
#: A question that takes longer than this, in seconds, is made smaller part by part; and one that is not worth another way.
WORTH, CHEAP = 0.02, 0.003
#: A question that costs this much, in the solver's units, is asked alone, in the best of these ways.
COSTLY = 1 << 17
ALONE = tuple(Way(flavour, seed, alone=True) for flavour in ("smt", "QF_UFBV", "numbers") for seed in range(8))
#: The best ways of these, for which the parts are made fewer.
FEW = 3


class Asked(NamedTuple):
    """What it took the solver to say that some parts are unsatisfiable; infinity if it does not say so."""

    seconds: float
    cost: float
    way: Way


def asked(parts: list[Node], way: Way, limit: float = RLIMIT) -> Asked:
    """Ask about some parts; the terms are converted by then, as in a proof of many statements, but where they are asked alone."""
    if not way.alone:
        Session(*way).add(parts)
    began = time.process_time()
    session = Session(*way)
    session.add(parts)
    if session.check(int(min(limit, RLIMIT))) == "unsat":
        return Asked(time.process_time() - began, session.cost, way)
    return Asked(float("inf"), float("inf"), way)


def cheapest(parts: list[Node]) -> Asked:
    """Return the best way of asking; what is cheap in one way is not asked in the others."""
    best = Asked(float("inf"), float("inf"), WAYS[0])
    for way in WAYS:
        best = min(best, asked(parts, way))
        if best.seconds < (CHEAP if way == WAYS[0] else WORTH):
            break
    return best


def cores(every: list[Node]) -> list[list[Node]]:
    """Return the parts, and some of them that suffice: those of bits made smaller a few times, and those of numbers."""
    found = every
    for seed in range(3):
        smaller = Session("smt", seed).core(found, RLIMIT // 4)
        found = smaller if smaller is not None and len(smaller) < len(found) else found
    of_numbers = Session("numbers").core(every, RLIMIT // 4)
    return [found, *([] if of_numbers is None else [of_numbers]), every]


def every_part(query: Query) -> list[Node]:
    """Return all that the solver may be asked about: the parts of a question, and the instances that were added."""
    return [*(c for part in query.parts for c in conjuncts(part)), *(i.formula for i in query.used)]


def hint_of(query: Query, parts: list[Node], spent: Asked) -> Hint:
    """Return the hint that says to ask about some parts, in the way in which they were asked."""
    instances = {i.formula.number: i for i in query.used}
    kept = [instances[n.number] for n in parts if n.number in instances]
    marks = frozenset(mark_of(n) for n in parts if n.number not in instances) | frozenset(map(mark, kept))
    cost = int(min(spent.cost, RLIMIT)).bit_length()
    return Hint(marks, rounds(query, kept), spent.way.flavour, spent.way.seed, cost, spent.way.alone)


def shortest(query: Query) -> Hint:
    """Return few parts and instances that suffice, and the best way of asking about them."""
    every = every_part(query)
    found, best = Asked(float("inf"), float("inf"), WAYS[0]), every
    for parts in cores(every):
        if found.seconds > (CHEAP if parts is not every else WORTH):
            found, best = min((found, best), (cheapest(parts), parts), key=itemgetter(0))
    if found.seconds > WORTH:
        best = fewer(best, found)
        found = cheapest(best)
    if found.cost >= COSTLY:
        found, best = alone(best, found)
    return hint_of(query, best, found)


def alone(parts: list[Node], shared: Asked) -> tuple[Asked, list[Node]]:
    """Return the best way of asking about some parts in a space of their own, and those of them that it is best to ask about.

    The best few ways are tried again on the parts that suffice for them, and then all ways on the best of these.
    """
    tried = sorted(asked(parts, way, shared.cost * 2) for way in ALONE)
    best, kept = tried[0] if tried[0].cost < float("inf") else shared, parts
    for before in tried[:FEW]:
        rest = fewer(parts, before)
        best, kept = min((best, kept), (asked(rest, before.way), rest), key=itemgetter(0))
    return min(best, *(asked(kept, way, best.cost * 2) for way in ALONE)), kept


def fewer(parts: list[Node], spent: Asked) -> list[Node]:
    """Leave out one part after the other where what remains is answered no more slowly."""
    until, least = time.process_time() + 20 * spent.seconds + 1, spent.seconds
    for part in list(parts):
        if time.process_time() > until:
            break
        rest = [p for p in parts if p is not part]
        now = asked(rest, spent.way, RLIMIT // 16)
        if now.seconds < least * 1.05:
            parts, least = rest, min(now.seconds, least)
    return parts


def found_quickly(query: Query) -> Hint:
    """Return some parts and instances that suffice, in one of a few ways; none of it takes much longer than the proof took."""
    every, limit = every_part(query), 2 * max(query.cost, COSTLY)
    parts = next(filter(None, (Session(flavour).core(every, limit) for flavour in ("smt", "numbers"))), every)
    best = asked(parts, WAYS[0], limit)
    if best.seconds > CHEAP:
        best = min(best, asked(parts, WAYS[1], min(best.cost * 2, limit)))
    if best.cost >= COSTLY:
        best = min(best, *(asked(parts, way, min(best.cost * 2, limit)) for way in ALONE if not way.seed))
    return hint_of(query, parts, best)


def rounds(query: Query, kept: list[Instance]) -> int:
    """Return the rounds that yield all these instances."""
    for depth in range(query.depth):
        near = query.instances.close(query.reads, depth)
        if all(i in near for i in kept):
            return depth
    return query.depth


def still_good(query: Query) -> Hint | None:
    """Return the hint that a question was answered by, unless it has become so costly that it should be asked alone."""
    hint = query.hint if query.recalled else None
    return hint if hint is not None and (hint.alone or query.cost < COSTLY) else None


def record(task: Decide, afresh: bool = False, quick: bool = False) -> Hints:
    """Prove a step of the reference and return its hints: those that still suffice, unless all are to be found afresh."""
    prover, found = StepProver(Setup("reference", RLIMIT, kept=frozenset(decisions(Hypervisor())))), Hints({})
    name, new = task.name, 0

    def note(out: Obligation, number: int, query: Query) -> None:
        nonlocal new
        kept = None if afresh else still_good(query)
        new += kept is None
        found.note(out.step, out.statement, number, kept or (found_quickly if quick else shortest)(query))

    prover.induction.on_proof = note
    for o in task.run(prover).obligations or ():
        if o.verdict not in ("proved", "framed"):
            sys.stderr.write(f"{o.step} against {o.statement}: {o.verdict}\n")
    sys.stderr.write(f"{name}: {sum(map(len, found.entries.get(name, {}).values()))} hints, {new} new\n")
    solver.forget()
    return found


def main(argv: list[str]) -> int:
    """Record the steps named, or all, and write the file."""
    parser = argparse.ArgumentParser(prog="python -m proofs.prove.record", description=__doc__)
    parser.add_argument("steps", nargs="*", metavar="STEP", help="an operation or a hardware step; all if left out")
    parser.add_argument("--afresh", action="store_true", help="do not keep the hints that still suffice; takes far longer")
    parser.add_argument("--quick", action="store_true", help="take the first hint that suffices and do not improve it")
    parser.add_argument(
        "--jobs", type=int, default=None, metavar="N", help="processes at once; as many as there are cores if left out"
    )
    asked_for = parser.parse_args(argv)
    names = asked_for.steps
    tasks = [task for task in all_tasks(StepProver(Setup("reference", RLIMIT)).own) if not isinstance(task, RunWitnesses)]
    known = [task.name for task in tasks]
    wrong = [n for n in names if n not in known]
    if wrong:
        sys.stderr.write(f"no step is called {wrong[0]!r}; known: {', '.join(known)}\n")
        return 2
    hints, new = Hints(dict(recorded().entries)), Hints({})
    todo = ordered([task for task in tasks if not names or task.name in names], set())
    with ProcessPoolExecutor(asked_for.jobs, mp_context=get_context("fork")) as pool:
        done = [pool.submit(record, task, asked_for.afresh, asked_for.quick) for task in todo]
        for one in as_completed(done):
            new.merge([one.result()])
            hints.merge([new])
            hints.write(FILE)
    if not names:
        new.write(FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
