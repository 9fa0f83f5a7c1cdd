"""The command that writes the hints: it proves the reference, and keeps for each proof what sufficed.

A hint that still suffices is kept as it is, so that after a small change little is to be done.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from proofs.checkers.campaign import STATES, Setup, Workshop, ordered
from proofs.checkers.contracts import decisions
from proofs.checkers.hints import FILE, Hint, Hints, mark, mark_of, recorded
from proofs.checkers.query import Query
from proofs.checkers.results import Obligation
from proofs.symbolic import solver
from proofs.symbolic.instances import Instance
from proofs.symbolic.solver import RLIMIT, Session
from proofs.symbolic.terms import Node, conjuncts
from pymodel.hypervisor import Hypervisor

__all__ = ["main"]

Way = tuple[str, int]
#: Ways of asking the solver: its flavour, and what its guesses begin with.
WAYS: tuple[Way, ...] = (("smt", 0), ("numbers", 0), *((flavour, seed) for seed in (0, 7, 3) for flavour in ("QF_UFBV", "smt")))
#: A question that takes longer than this, in seconds, is made smaller part by part; and one that is not worth another way.
WORTH, CHEAP = 0.02, 0.003


def asked(parts: list[Node], way: Way, limit: int = RLIMIT) -> float:
    """Return the seconds that the solver takes to say that some parts are unsatisfiable; infinity if it does not."""
    Session(*way).add(parts)  # the terms are converted by now, as in a proof of many statements
    began = time.process_time()
    session = Session(*way)
    session.add(parts)
    return time.process_time() - began if session.check(limit) == "unsat" else float("inf")


def cheapest(parts: list[Node]) -> tuple[float, Way]:
    """Return the seconds of the best way of asking, and that way; what is cheap in one way is not asked in the others."""
    best = (float("inf"), WAYS[0])
    for way in WAYS:
        best = min(best, (asked(parts, way), way))
        if best[0] < (CHEAP if way == WAYS[0] else WORTH):
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


def shortest(query: Query) -> Hint:
    """Return few parts and instances that suffice, and the best way of asking about them."""
    instances = {i.formula.number: i for i in query.used}
    every = [*(c for part in query.parts for c in conjuncts(part)), *(i.formula for i in query.used)]
    spent, way, best = float("inf"), WAYS[0], every
    for parts in cores(every):
        if spent > (CHEAP if parts is not every else WORTH):
            spent, way, best = min((spent, way, best), (*cheapest(parts), parts), key=lambda found: found[0])
    if spent > WORTH:
        best = fewer(best, spent, way)
        _, way = cheapest(best)
    kept = [instances[n.number] for n in best if n.number in instances]
    marks = frozenset(mark_of(n) for n in best if n.number not in instances) | frozenset(map(mark, kept))
    return Hint(marks, rounds(query, kept), *way, size_of(best, way))


def size_of(parts: list[Node], way: Way) -> int:
    """Return the binary digits of what the answer costs."""
    session = Session(*way)
    session.add(parts)
    session.check(RLIMIT)
    return session.cost.bit_length()


def fewer(parts: list[Node], spent: float, way: Way) -> list[Node]:
    """Leave out one part after the other where what remains is answered no more slowly."""
    limit = time.process_time() + 20 * spent + 1
    for part in list(parts):
        if time.process_time() > limit:
            break
        rest = [p for p in parts if p is not part]
        now = asked(rest, way, RLIMIT // 16)
        if now < spent * 1.05:
            parts, spent = rest, min(now, spent)
    return parts


def rounds(query: Query, kept: list[Instance]) -> int:
    """Return the rounds that yield all these instances."""
    for depth in range(query.depth):
        near = query.instances.close(query.reads, depth)
        if all(i in near for i in kept):
            return depth
    return query.depth


def record(name: str, afresh: bool = False) -> Hints:
    """Prove a step of the reference and return its hints: those that still suffice, unless all are to be found afresh."""
    shop, found = Workshop(Setup("reference", RLIMIT, kept=frozenset(decisions(Hypervisor())))), Hints({})
    new = 0

    def note(out: Obligation, number: int, query: Query) -> None:
        nonlocal new
        kept = query.hint if query.recalled and not afresh else None
        new += kept is None
        found.note(out.step, out.statement, number, kept or shortest(query))

    shop.induction.on_proof = note
    for o in shop.step(name):
        if o.verdict not in ("proved", "framed"):
            sys.stderr.write(f"{o.step} against {o.statement}: {o.verdict}\n")
    sys.stderr.write(f"{name}: {sum(map(len, found.entries.get(name, {}).values()))} hints, {new} new\n")
    solver.forget()
    return found


def main(argv: list[str]) -> int:
    """Record the steps named, or all, and write the file."""
    parser = argparse.ArgumentParser(prog="python -m proofs.checkers.record", description=__doc__)
    parser.add_argument("steps", nargs="*", metavar="STEP", help="an operation or a hardware step; all if left out")
    parser.add_argument("--afresh", action="store_true", help="do not keep the hints that still suffice; takes far longer")
    asked_for = parser.parse_args(argv)
    names = asked_for.steps
    known = [*STATES, *Workshop(Setup("reference", RLIMIT)).own]
    wrong = [n for n in names if n not in known]
    if wrong:
        sys.stderr.write(f"no step is called {wrong[0]!r}; known: {', '.join(known)}\n")
        return 2
    hints = Hints(dict(recorded().entries) if names else {})
    with ProcessPoolExecutor(mp_context=get_context("fork")) as pool:
        todo = ordered(names or known, set())
        hints.merge(pool.map(record, todo, [asked_for.afresh] * len(todo)))
    hints.write(FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
