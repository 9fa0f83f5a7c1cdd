"""The campaign: units of work (a step to decide, a counterexample to pursue) spread over processes, with a cache.

Each obligation is known by the formulas that it is made of (`proofs.prove.keys`). So after an edit only those obligations are
decided again that the edit changed, whichever file or policy they stand in.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofs.policies import LoadedPolicy, load
from proofs.policies.policy_statements import consequences, stated, statements_of
from proofs.prove.keys import Keys
from proofs.theorems import CATALOGUE
from proofs.theorems.invariants import boot
from proofs.verdicts import Obligation, Seen
from pymodel.language.steps import Transition
from pymodel.machine import steps

if TYPE_CHECKING:
    from proofs.engine.induction import Exploration, Induction

__all__ = [
    "EVERY_STATE",
    "POWER_ON",
    "STATES",
    "WITNESSES",
    "Done",
    "Job",
    "Setup",
    "Workshop",
    "campaign",
]

#: What is decided once for all steps: power-on, and what the invariants imply in every state.
POWER_ON, EVERY_STATE = "power-on", "every state"
STATES = (POWER_ON, EVERY_STATE)
#: The unit that runs the scenarios, for the cases of theorems and the successes of operations that they show.
WITNESSES = "witnesses"
#: The unit that runs a policy's own steps in the scenarios, and with one argument changed; what it finds it finds soon.
SURVEY = "survey"
#: Sequences of steps tried behind one counterexample to induction: at first, and if nothing else refutes the policy.
AIMED, AIMED_LONGER = 1000, 4000
#: Terms that a worker keeps before it begins afresh (a term takes about half a kilobyte).
TERMS = 400_000
#: New objects between two looks for garbage. Terms are kept for long: to look at them over and over takes a twentieth of the time.
GARBAGE = 200_000
#: Times that a unit whose worker died is tried.
TRIES = 3
#: Steps whose obligations take longest go first, so that no core idles at the end.
SLOW = (WITNESSES, "release", "job_map", EVERY_STATE, "replace", "undo_release", "fill_split", "destroy_space", "settle", "map")
Progress = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True)
class Setup:
    """What every worker needs to know."""

    spec: str
    rlimit: int
    solvers: tuple[str, ...] = ("z3",)
    smt2: Path | None = None
    kept: frozenset[str] = frozenset()
    """Decisions that keep their contracts, and are therefore taken to be arbitrary."""
    digest: str = ""
    seed: int = 0


@dataclass(frozen=True)
class Job:
    """A step to decide, or a search for runs from boot in which it breaks one of the statements.

    A scout makes the list of statements itself, by what a small effort does not prove, and searches at once, from rich
    states, with no step in front.
    """

    step: str
    statements: tuple[str, ...] = ()
    scout: bool = False
    longer: bool = False
    own: bool = False
    """Whether the step is not the reference's: once the policy is refuted, little effort goes into what else it may break."""
    held: tuple[Obligation, ...] = field(default=(), compare=False)
    """What is known to hold of the step."""

    @property
    def searches(self) -> bool:
        """Say whether this is a search."""
        return self.scout or bool(self.statements) or self.step == SURVEY


@dataclass
class Done:
    """What came of a unit: obligations, or runs from boot with the statements that each breaks; or why nothing did."""

    unit: Job
    obligations: list[Obligation] | None = None
    traces: list[tuple[dict[str, Any], list[str]]] = field(default_factory=list)
    missing: str = ""
    seen: Seen | None = None


class Workshop:
    """One policy's induction and its steps, as they are and under arbitrary decisions."""

    def __init__(self, setup: Setup, loaded: LoadedPolicy | None = None) -> None:
        """Take the policy, loaded already or not."""
        self.setup = setup
        self.loaded = loaded or load(None if setup.spec == "reference" else setup.spec)
        self.policy = self.loaded.instance()
        self.statements, self.step_statements, assumed = statements_of(self.policy)
        self.assumed, self.implied = [a for a, _ in assumed], consequences()
        self.places: list[Any] = []
        self.own = {t.name: t for t in steps(self.policy)}
        self.runs: dict[tuple[str, bool], Exploration] = {}

    @functools.cached_property
    def induction(self) -> Induction:
        """Return the policy's induction, with an arbitrary state."""
        from proofs.engine.induction import Induction, Limits  # noqa: PLC0415 - imports z3

        limits = Limits(self.setup.rlimit, self.setup.solvers, self.setup.smt2)
        return Induction(self.policy, self.statements, self.assumed, limits, self.step_statements, self.implied)

    @functools.cached_property
    def general(self) -> dict[str, Transition]:
        """Return the steps under arbitrary decisions."""
        from proofs.engine.decisions import under_contracts  # noqa: PLC0415 - only where something is to be decided

        return {t.name: t for t in steps(under_contracts(self.policy, set(self.setup.kept)))}

    def prepare(self) -> None:
        """Make what processes that are forked have in common."""
        _ = self.induction, self.general

    def keep(self, names: frozenset[str]) -> None:
        """Take these decisions to be arbitrary from now on, since they keep their contracts."""
        self.setup = replace(self.setup, kept=names)
        self.__dict__.pop("general", None)
        self.runs = {key: run for key, run in self.runs.items() if not key[1]}

    def run(self, name: str, general: bool = False) -> Exploration:
        """Run a step on the arbitrary state, once; or as it is under arbitrary decisions."""
        found = self.runs.get((name, general))
        if found is None:
            found = self.runs[name, general] = self.induction.explored((self.general if general else self.own)[name])
        return found

    def step(self, name: str, held: tuple[Obligation, ...] = ()) -> list[Obligation]:
        """Decide a step; what is known to hold of it is not decided again."""
        known = {o.statement: o for o in held}
        if name == POWER_ON:
            return [*held, *self.induction.boot(list(CATALOGUE.boot.values()), boot.PLATFORM, known)]
        if name == EVERY_STATE:
            return [*held, *self.induction.consequences(known)]
        return self.induction.decided(self.run(name), self.run(name, general=True), known)

    def asked(self, name: str) -> list[str]:
        """Return the names of the statements that are decided of a step."""
        if name in STATES:
            return [st.name for st in (self.statements if name == POWER_ON else self.implied)]
        return [st.name for st in (*self.statements, *self.step_statements)]

    def place(self, name: str) -> str:
        """Return what stands in front of why a step fails."""
        return f"{self.own[name].file}:{self.own[name].line} " if name in self.own else ""

    def survey(self) -> list[tuple[dict[str, Any], list[str]]]:
        """Look for a run from boot that is a scenario but for its last step, and breaks something."""
        from proofs.search.places import Changed  # noqa: PLC0415 - not needed when all is proved
        from proofs.search.traces import replay  # noqa: PLC0415 - the same
        from proofs.search.walker import traced, walker_of  # noqa: PLC0415 - the same

        walker = walker_of(self.policy, set(stated(self.policy)), self.setup.seed)
        try:
            hit = walker.survey()
        except Changed:  # a step that changes the state it was given: the search at random shows that
            return []
        if hit is None:
            return []
        trace = traced(walker, *hit, self.setup.spec, self.setup.digest)
        return [(trace, replay(trace, self.loaded, details=False).broken)]

    def aim(self, name: str, names: list[str], limit: int | None, one: bool) -> list[tuple[dict[str, Any], list[str]]]:
        """Look for runs from boot in which a step breaks the statements (or one of them); each says which ones it breaks.

        Up to `limit` sequences of steps are tried; without it, the step alone from each place.
        """
        from proofs.search.solver_search import aim, ends  # noqa: PLC0415 - imports z3
        from proofs.search.traces import make, replay  # noqa: PLC0415 - the same
        from proofs.search.walker import Walker  # noqa: PLC0415 - not needed when all is proved

        out: list[tuple[dict[str, Any], list[str]]] = []
        known = stated(self.policy)
        left = [known[n] for n in names if n in known and known[n].kind != "refusal"]
        while left and not (one and out):
            wanted = [st for st in left if st.area.promise]
            walker = Walker(self.policy, wanted or left, self.setup.seed)
            if not self.places:
                self.places = ends(walker)
            hit = aim(walker, self.places, name, wanted or left, len(self.places) if limit is None else limit)
            if hit is None:
                left = [st for st in left if st not in wanted] if wanted else []
                continue
            place, goal = hit
            path = walker.shrink(place, goal)
            trace = make(self.setup.spec, place.platform, path, goal.statement.name, self.setup.digest, goal.keys)
            broken = replay(trace, self.loaded, details=False).broken
            out.append((trace, broken))
            left = [st for st in left if st.name not in broken]
        return out


_WORKER: dict[str, Any] = {}


def _start(shop: Workshop, refuted: Event) -> None:
    """Prepare a worker process: it is forked, and goes on with the terms that there were."""
    import gc  # noqa: PLC0415 - a worker's own business
    import signal  # noqa: PLC0415 - the same

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(GARBAGE)
    _WORKER["shop"] = shop
    _WORKER["refuted"] = refuted


def _work(unit: Job) -> Done:
    from proofs.engine.solvers.solver import forget, size  # noqa: PLC0415 - imports z3

    if size() > TERMS:
        forget()
        _WORKER["shop"] = Workshop(_WORKER["shop"].setup, _WORKER["shop"].loaded)
    shop = _WORKER["shop"]
    shop.induction.given_up = _WORKER["refuted"].is_set if unit.own else bool
    if unit.step == WITNESSES:
        from proofs.prove.witnesses import witness  # noqa: PLC0415 - not needed when it is known what they show

        return Done(unit, seen=witness(shop.policy, shop.assumed))
    if unit.step == SURVEY:
        return Done(unit, traces=shop.survey())
    if unit.scout:
        suspects = promises_first(shop.induction.scout(shop.own[unit.step]))
        return Done(unit, traces=shop.aim(unit.step, suspects, None, one=True))
    if unit.statements:
        return Done(unit, traces=shop.aim(unit.step, list(unit.statements), AIMED_LONGER if unit.longer else AIMED, one=False))
    return Done(unit, shop.step(unit.step, unit.held))


def campaign(  # noqa: PLR0913 - what to do, and with what means
    shop: Workshop, keys: Keys, names: list[str], jobs: int, budget: float | None, progress: Progress, more: int = 0
) -> Iterator[Done]:
    """Yield what comes of each step as it is decided, and of each counterexample that is pursued.

    Counterexamples are pursued until one more than `more` of them became a run from boot.
    """
    touched = set() if shop.setup.spec == "reference" else differing(shop, keys, names)
    todo, later, refuted = [Job(n, scout=True) for n in ordered(sorted(touched), touched)], list[Job](), 0
    todo[:0] = [Job(SURVEY)] if touched else []
    for name in ordered(names, touched):
        done = known(shop, keys, Job(name, own=name in touched))
        if isinstance(done, Job):
            todo.append(done)
        else:
            todo += pursued(done)
            yield done
    deadline = None if budget is None else time.monotonic() + budget
    tries: dict[Job, int] = {}
    enough = get_context("fork").Event()
    while todo:
        for done in _round(shop, todo, jobs, deadline, progress, enough):
            tries[done.unit] = tries.get(done.unit, 0) + 1
            if done.missing == WORKER_DIED and tries[done.unit] < TRIES:
                todo.append(done.unit)
                continue
            keep(keys, done)
            refuted += len(done.traces)
            todo[:0] = pursued(done)
            if refuted > more:
                enough.set()
                todo[:] = [u for u in todo if not u.searches]
            if done.unit.statements and not done.traces and not done.unit.longer:
                later.append(replace(done.unit, longer=True))
            if not todo and not refuted:
                todo, later = later, []
            yield done


def known(shop: Workshop, keys: Keys, unit: Job) -> Done | Job:
    """Return what came of a unit, if all of that is known; if not, the unit with what is known to hold."""
    if unit.step == WITNESSES:
        seen = keys.seen()
        return unit if seen is None else Done(unit, seen=seen)
    found, asked = keys.kept(unit.step), shop.asked(unit.step)
    implied = [st.name for st in shop.implied]
    failed = any(found[name].verdict == "cti" for name in asked if name in found)
    wanted = [*asked, *implied] if failed and unit.step not in STATES else asked
    if all(name in found for name in wanted):
        return Done(unit, [found[name] for name in wanted])
    return replace(unit, held=tuple(found[n] for n in asked if n in found and found[n].verdict != "cti"))


def keep(keys: Keys, done: Done) -> None:
    """Put into the cache what is decided."""
    if done.seen is not None:
        keys.keep_seen(done.seen)
    if done.obligations is not None:
        known = {o.statement for o in done.unit.held}
        keys.keep(done.unit.step, [o for o in done.obligations if o.statement not in known])


def ordered(names: list[str], touched: set[str]) -> list[str]:
    """Return the steps in the order to decide them: a policy's own first, the quick ones of them ahead; then the slow ones."""
    rank = {n: i for i, n in enumerate(reversed(SLOW), 1)}
    own = sorted((n for n in names if n in touched), key=lambda n: rank.get(n, 0))
    return own + sorted((n for n in names if n not in touched), key=lambda n: -rank.get(n, 0))


WORKER_DIED = "its worker died"


def differing(shop: Workshop, keys: Keys, names: list[str]) -> set[str]:
    """Return the steps whose paths are not the reference's: they are decided first."""
    reference = Workshop(Setup("reference", shop.setup.rlimit))
    usual, own = Keys(reference, keys.store).paths(), keys.paths()
    return {n for n in names if n in own and own[n] != usual.get(n)}


def pursued(done: Done) -> list[Job]:
    """Return the search that a counterexample to induction calls for: promises first."""
    broken = [o.statement for o in done.obligations or () if o.verdict == "cti"]
    return [Job(done.unit.step, tuple(promises_first(broken)))] if broken and done.unit.step not in STATES else []


def promises_first(names: list[str]) -> list[str]:
    """Return statements in the order to refute them in."""
    last = {s.name: not s.area.promise for s in CATALOGUE.statements.values()}
    return sorted(names, key=lambda n: last.get(n, True))


def _round(  # noqa: PLR0913 - what to do, and with what means
    shop: Workshop, todo: list[Job], jobs: int, deadline: float | None, progress: Progress, enough: Event
) -> Iterator[Done]:
    """Take units from the list, as many at once as there are processes; ends early when a process died."""
    jobs = min(jobs or os.cpu_count() or 1, len(todo))
    shop.prepare()
    pool = ProcessPoolExecutor(jobs, get_context("fork"), _start, (shop, enough))
    running: dict[Future[Done], Job] = {}
    try:
        while todo or running:
            while todo and len(running) < jobs:
                unit = todo.pop(0)
                running[pool.submit(_work, unit)] = unit
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            done, _ = wait(running, timeout=1.0 if left is None else min(1.0, left), return_when=FIRST_COMPLETED)
            progress("waiting", {"left": len(todo) + len(running), "steps": [u.step for u in running.values()]})
            for future in done:
                unit = running.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    lost = [unit, *running.values()]
                    yield from [Done(u, missing=WORKER_DIED) for u in lost]
                    return
                yield result
            if left == 0.0:
                late = [*running.values(), *todo]
                todo.clear()
                yield from [Done(u, missing="the budget ran out") for u in late]
                return
    finally:
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
