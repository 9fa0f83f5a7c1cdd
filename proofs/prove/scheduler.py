"""The campaign: units of work (a step to decide, a counterexample to pursue) spread over processes, with a cache.

A step's obligations are known by a digest of the terms that its paths are made of, of the statements, and of the engine.
So after an edit only the steps that the edit changed are decided again, whichever file or policy they stand in.
"""

from __future__ import annotations

import functools
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from proofs.policies.policy_statements import consequences, stated, statements_of
from proofs.prove.cache import Cache
from proofs.statements import Kind
from proofs.theorems import CATALOGUE
from proofs.traces import Trace
from proofs.verdicts import Obligation, ObligationVerdict, Seen
from pymodel.language.steps import Transition
from pymodel.machine import steps

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
ROOT = Path(__file__).resolve().parents[2]
#: Steps whose obligations take longest go first, so that no core idles at the end.
SLOW = (
    WITNESSES,
    "release",
    "job_map",
    EVERY_STATE,
    "replace",
    "undo_release",
    "fill_split",
    "destroy_space",
    "confirm_downgrade",
    "map",
)
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

    @property
    def searches(self) -> bool:
        """Say whether this is a search."""
        return self.scout or bool(self.statements) or self.step == SURVEY


@dataclass
class Done:
    """What came of a unit: obligations, or runs from boot with the statements that each breaks; or why nothing did."""

    unit: Job
    obligations: list[Obligation] | None = None
    traces: list[tuple[Trace, list[str]]] = field(default_factory=list)
    missing: str = ""
    seen: Seen | None = None


class Workshop:
    """One policy's induction and its steps, as they are and under arbitrary decisions."""

    def __init__(self, setup: Setup) -> None:
        """Load the policy and prepare the arbitrary state."""
        from proofs.engine.decisions import under_contracts  # noqa: PLC0415 - imports z3
        from proofs.engine.induction import Induction, Limits  # noqa: PLC0415 - the same
        from proofs.policies import load  # noqa: PLC0415 - imports the policy

        self.setup = setup
        self.loaded = load(None if setup.spec == "reference" else setup.spec)
        self.policy = self.loaded.instance()
        states, step_statements, assumed = statements_of(self.policy)
        self.assumed = [a for a, _ in assumed]
        limits = Limits(setup.rlimit, setup.solvers, setup.smt2)
        self.induction = Induction(self.policy, states, self.assumed, limits, step_statements, consequences())
        self.places: list[Any] = []
        self.own = {t.name: t for t in steps(self.policy)}
        self.general = {t.name: t for t in steps(under_contracts(self.policy, set(setup.kept)))}

    def keep(self, names: frozenset[str]) -> None:
        """Take these decisions to be arbitrary from now on, since they keep their contracts."""
        from proofs.engine.decisions import under_contracts  # noqa: PLC0415 - imports z3

        self.setup = replace(self.setup, kept=names)
        self.general = {t.name: t for t in steps(under_contracts(self.policy, set(names)))}

    def step(self, name: str) -> list[Obligation]:
        """Decide a step, under arbitrary decisions where it takes any; what fails so is decided for the policy's own."""
        if name == POWER_ON:
            return self.induction.boot()
        if name == EVERY_STATE:
            return self.induction.consequences()
        if self.paths(self.own[name]) == self.paths(self.general[name]):
            return self.induction.step(self.own[name])
        from proofs.engine.induction import ABOUT_REFUSAL, ABOUT_SUCCESS, KINDS  # noqa: PLC0415 - imports z3

        general = self.induction.step(self.general[name], general=True, kinds=ABOUT_SUCCESS)
        for o in general:
            o.general = True
        proved = {o.statement: o for o in general if o.holds}
        if len(proved) == len(general):
            return general + self.induction.step(self.own[name], kinds=ABOUT_REFUSAL)
        implied = {st.name for st in self.induction.implied}
        held = {n: o for n, o in proved.items() if n not in implied}
        return [*held.values(), *self.induction.step(self.own[name], kinds=KINDS, held=held)]

    def paths(self, transition: Transition) -> str:
        """Return the digest of a step's paths; a step that cannot be run has none in common with any other."""
        from proofs.engine.digests import of_path  # noqa: PLC0415 - imports z3
        from pymodel.language.truth import Signal  # noqa: PLC0415 - only here

        try:
            return " ".join(of_path(p).hex() for p in self.induction.paths(transition)[1])
        except Signal as signal:
            return f"{id(transition)} {signal}"

    def key(self, name: str) -> str:
        """Return the digest under which the obligations of a step are cached; what scenarios show depends on all of the model."""
        if name == WITNESSES:
            return self.setup.digest
        parts = [engine(), self.induction.digest, name, str(self.setup.rlimit), *self.setup.solvers]
        if name not in STATES:
            parts += [self.paths(self.general[name]), self.paths(self.own[name])]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def survey(self) -> list[tuple[Trace, list[str]]]:
        """Look for a run from boot that is a scenario but for its last step, and breaks something."""
        from proofs.search.places import Changed  # noqa: PLC0415 - not needed when all is proved
        from proofs.search.replaying import replay  # noqa: PLC0415 - the same
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

    def aim(self, name: str, names: list[str], limit: int | None, one: bool) -> list[tuple[Trace, list[str]]]:
        """Look for runs from boot in which a step breaks the statements (or one of them); each says which ones it breaks.

        Up to `limit` sequences of steps are tried; without it, the step alone from each place.
        """
        from proofs.search.replaying import replay  # noqa: PLC0415 - the same
        from proofs.search.solver_search import aim, ends  # noqa: PLC0415 - imports z3
        from proofs.search.walker import Walker, traced  # noqa: PLC0415 - not needed when all is proved

        out: list[tuple[Trace, list[str]]] = []
        known = stated(self.policy)
        left = [known[n] for n in names if n in known and known[n].kind != Kind.REFUSAL]
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
            trace = traced(walker, place, [goal], self.setup.spec, self.setup.digest)
            broken = replay(trace, self.loaded, details=False).broken
            out.append((trace, broken))
            left = [st for st in left if st.name not in broken]
        return out


@functools.cache
def engine() -> str:
    """Return the digest of what decides: the engine, the statements, the language and the hardware, and the solver."""
    from importlib.metadata import version  # noqa: PLC0415 - once

    total = hashlib.sha256(version("z3-solver").encode())
    folders = ("proofs/engine", "proofs/theorems", "proofs/prove", "proofs/policies", "pymodel/hardware", "pymodel/language")
    alone = (ROOT / "proofs/statements.py", ROOT / "pymodel/machine.py")
    for path in (*alone, *(p for f in folders for p in sorted((ROOT / f).rglob("*.py")))):
        content = path.read_bytes()
        total.update(f"{path.name} {len(content)}\n".encode() + content)
    return total.hexdigest()


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
        _WORKER["shop"] = Workshop(_WORKER["shop"].setup)
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
    return Done(unit, shop.step(unit.step))


def campaign(  # noqa: PLR0913 - what to do, and with what means
    shop: Workshop, names: list[str], jobs: int, budget: float | None, cache: Path | None, progress: Progress, more: int = 0
) -> Iterator[Done]:
    """Yield what comes of each step as it is decided, and of each counterexample that is pursued.

    Counterexamples are pursued until one more than `more` of them became a run from boot.
    """
    store = Cache(cache)
    touched = set() if shop.setup.spec == "reference" else differing(shop, names)
    keys = {name: shop.key(name) for name in names}
    todo, later, refuted = [Job(n, scout=True) for n in ordered(sorted(touched), touched)], list[Job](), 0
    todo[:0] = [Job(SURVEY)] if touched else []
    for name in ordered(names, touched):
        done = known(store, name, keys[name])
        if done is None:
            todo.append(Job(name, own=name in touched))
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
            keep(store, keys.get(done.unit.step, ""), done)
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


def known(store: Cache, name: str, key: str) -> Done | None:
    """Return what the cache has of a unit."""
    if name == WITNESSES:
        seen = store.seen(key)
        return None if seen is None else Done(Job(name), seen=seen)
    found = store.get(key)
    return None if found is None else Done(Job(name), found)


def keep(store: Cache, key: str, done: Done) -> None:
    """Put into the cache what is decided."""
    if done.seen is not None:
        store.put_seen(key, done.seen)
    if done.obligations is not None and all(o.holds or o.verdict == ObligationVerdict.CTI for o in done.obligations):
        store.put(key, done.obligations)


def ordered(names: list[str], touched: set[str]) -> list[str]:
    """Return the steps in the order to decide them: a policy's own first, the quick ones of them ahead; then the slow ones."""
    rank = {n: i for i, n in enumerate(reversed(SLOW), 1)}
    own = sorted((n for n in names if n in touched), key=lambda n: rank.get(n, 0))
    return own + sorted((n for n in names if n not in touched), key=lambda n: -rank.get(n, 0))


WORKER_DIED = "its worker died"


def differing(shop: Workshop, names: list[str]) -> set[str]:
    """Return the steps whose paths are not the reference's: they are decided first."""
    reference = Workshop(Setup("reference", shop.setup.rlimit))
    changed = (n for n in names if n not in (*STATES, WITNESSES))
    return {n for n in changed if n not in reference.own or shop.paths(shop.own[n]) != shop.paths(reference.own[n])}


def pursued(done: Done) -> list[Job]:
    """Return the search that a counterexample to induction calls for: promises first."""
    broken = [o.statement for o in done.obligations or () if o.verdict == ObligationVerdict.CTI]
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
