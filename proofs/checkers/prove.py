"""Proving a policy: obligations for every step and statement, spread over processes, gathered into theorems.

A counterexample to induction is a state and a step, and the state may never arise; so the search goes on from boot
(`proofs.checkers.explore`). A trace from boot that breaks a clause of a theorem refutes it. Without one the theorem is
`not-inductive`, and so is every theorem whose proof used the statement that failed.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from proofs.checkers.cache import Cache, default_path
from proofs.checkers.policy import LoadedPolicy, PolicyError, digest, load, unsupported
from proofs.checkers.results import Counterexample, Obligation, ProveReport, TheoremResult
from proofs.theorems import CATALOGUE, Statement, Theorem
from proofs.theorems.statements import describe_method
from pymodel.machine import steps

__all__ = ["ProveOptions", "prove"]

VERSION = "0.1.0"
POWER_ON = "power-on"
#: Sequences of steps tried behind one counterexample to induction.
AIMED = 600
Progress = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True)
class ProveOptions:
    """What to prove and how hard to try; `rlimit` is counted in the solver's units for one obligation."""

    only: tuple[str, ...] = ()
    jobs: int = 0
    budget: float | None = None
    rlimit: int = 60_000_000
    solver: str = "z3"
    cache: bool = True
    more: int = 0
    fail_fast: bool = False
    smt2: Path | None = None
    search_steps: int = 100_000
    seed: int = 0


def own_statements(policy: Any) -> tuple[list[Statement], list[tuple[Statement, str]]]:
    """Return the invariants and the assumptions (with reasons) that a policy brings."""
    invariants: list[Statement] = []
    assumed: list[tuple[Statement, str]] = []
    for name in dir(type(policy)):
        member = getattr(type(policy), name)
        if getattr(member, "__invariant__", False):
            invariants.append(describe_method(getattr(policy, name)))
        elif getattr(member, "__assume__", None):
            assumed.append((describe_method(getattr(policy, name)), member.__assume__))
    return invariants, assumed


def statements_of(policy: Any) -> tuple[list[Statement], list[Statement], list[tuple[Statement, str]]]:
    """Return the state statements, the step statements, and the assumptions for a policy."""
    invariants, assumed = own_statements(policy)
    every = list(CATALOGUE.statements.values())
    states = [s for s in every if s.kind == "state"] + invariants
    return states, [s for s in every if s.kind == "step"], assumed


_WORKER: dict[str, Any] = {}


def _start(spec: str, rlimit: int, solver: str, smt2: Path | None) -> None:
    """Prepare a worker process: the policy is loaded there once."""
    import signal  # noqa: PLC0415 - a worker's own business

    from proofs.checkers.induction import Induction, Limits  # noqa: PLC0415 - imports z3

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    policy = load(None if spec == "reference" else spec).instance()
    states, step_statements, assumed = statements_of(policy)
    limits = Limits(rlimit, solver, smt2)
    _WORKER["induction"] = Induction(policy, states, [a for a, _ in assumed], limits, step_statements)
    _WORKER["steps"] = {t.name: t for t in steps(policy)}


def _work(name: str) -> list[Obligation]:
    induction = _WORKER["induction"]
    found: list[Obligation] = induction.boot() if name == POWER_ON else induction.step(_WORKER["steps"][name])
    return found


def unit_digest(base: str, name: str, options: ProveOptions) -> str:
    """Return the digest under which the obligations of one step are cached."""
    text = f"{base}/{name}/{options.rlimit}/{options.solver}"
    return hashlib.sha256(text.encode()).hexdigest()


def decide_all(
    policy: LoadedPolicy, names: list[str], options: ProveOptions, progress: Progress
) -> Iterator[tuple[str, list[Obligation] | None, str]]:
    """Yield (step, obligations, "") as they are decided, or (step, None, why) for what was not reached."""
    base = digest(policy)
    cache = Cache(default_path() if options.cache and options.smt2 is None else None)
    todo = []
    for name in names:
        known = cache.get(unit_digest(base, name, options))
        if known is None:
            todo.append(name)
        else:
            yield name, known, ""
    deadline = None if options.budget is None else time.monotonic() + options.budget
    tries: dict[str, int] = {}
    while todo:
        lost: list[str] = []
        for name, found, reason in _round(policy, todo, options, deadline, progress):
            why = reason
            if why == "worker":
                tries[name] = tries.get(name, 0) + 1
                if tries[name] < 3:
                    lost.append(name)
                    continue
                why = "its worker died three times"
            if found is not None:
                cache.put(unit_digest(base, name, options), found)
            yield name, found, why
        todo = lost


def _round(
    policy: LoadedPolicy, todo: list[str], options: ProveOptions, deadline: float | None, progress: Progress
) -> Iterator[tuple[str, list[Obligation] | None, str]]:
    """Spread some steps over fresh worker processes once."""
    jobs = min(options.jobs or os.cpu_count() or 1, len(todo))
    setup = (policy.spec, options.rlimit, options.solver, options.smt2)
    pool = ProcessPoolExecutor(jobs, get_context("fork"), _start, setup)
    try:
        futures: dict[Future[list[Obligation]], str] = {pool.submit(_work, name): name for name in todo}
        while futures:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            done, _ = wait(futures, timeout=1.0 if left is None else min(1.0, left), return_when=FIRST_COMPLETED)
            progress("waiting", {"left": len(futures), "steps": list(futures.values())[:jobs]})
            for future in done:
                name = futures.pop(future)
                try:
                    yield name, future.result(), ""
                except BrokenProcessPool:
                    yield name, None, "worker"
            if left == 0.0:
                for future, name in futures.items():
                    future.cancel()
                    yield name, None, "the budget ran out"
                return
    finally:
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)


#: Steps whose obligations take longest go first, so that no core idles at the end.
SLOW = (
    "release",
    "replace",
    "reclaim",
    "iotlb_fill",
    "destroy_space",
    "map_granted",
    "map",
    "finish_split",
    "link_table",
)


def ordered(names: list[str]) -> list[str]:
    """Return the steps, the slow ones first."""
    return sorted(names, key=lambda n: SLOW.index(n) if n in SLOW else len(SLOW))


def prove(policy: LoadedPolicy, options: ProveOptions, progress: Progress) -> ProveReport:
    """Prove or refute a policy; an interrupt returns what is known so far, marked as interrupted."""
    if options.solver != "z3" or options.smt2 is not None:
        raise PolicyError("--solver other than z3, and --smt2, are not connected yet; leave them out", "", 0)
    began = time.monotonic()
    report = ProveReport(policy.name, digest(policy), VERSION)
    instance = policy.instance()
    _, _, assumed = statements_of(instance)
    report.assumed = [{"name": s.name, "reason": reason, "place": f"{s.file}:{s.line}"} for s, reason in assumed]
    theorems = select(options.only)
    findings = unsupported(policy)
    obligations: dict[str, list[Obligation]] = {}
    missing: dict[str, str] = {}
    if findings:
        first = findings[0]
        why = f"{first.file}:{first.line} {first.why}"
        report.notes.append(f"the symbolic engine cannot run this policy: {why}; it can still be fuzzed")
        report.theorems = [blank(t, "unknown", why) for t in theorems]
        report.seconds = time.monotonic() - began
        return report
    names = ordered([POWER_ON, *[t.name for t in steps(instance)]])
    try:
        for name, found, why in decide_all(policy, names, options, progress):
            if found is None:
                missing[name] = why
            else:
                obligations[name] = found
                progress("step", {"step": name, "obligations": found})
                if options.fail_fast and any(o.verdict not in ("proved", "framed") for o in found):
                    break
    except KeyboardInterrupt:
        report.interrupted = True
    missing |= {n: "not reached" for n in names if n not in obligations and n not in missing}
    gather(report, theorems, obligations, missing)
    if not report.interrupted and any(o.verdict == "cti" for o in report.failures):
        try:
            refute(report, policy, theorems, options, progress)
        except KeyboardInterrupt:
            report.interrupted = True
    report.seconds = time.monotonic() - began
    return report


def select(only: tuple[str, ...]) -> list[Theorem]:
    """Return the theorems that were asked for by ID or area."""
    return [t for t in CATALOGUE.theorems.values() if not only or t.id in only or t.area in only]


def blank(theorem: Theorem, verdict: str, reason: str = "") -> TheoremResult:
    """Return a theorem's result without evidence."""
    return TheoremResult(
        theorem.id,
        theorem.area,
        theorem.title,
        theorem.layer,
        verdict,
        list(theorem.assumes),
        open=list(theorem.open),
        reason=reason,
    )


def cone(start: set[str], relies: dict[str, set[str]]) -> set[str]:
    """Return the statements that a proof rests on, directly or through others."""
    seen, todo = set(start), list(start)
    while todo:
        for name in relies.get(todo.pop(), ()):
            if name not in seen:
                seen.add(name)
                todo.append(name)
    return seen


def gather(report: ProveReport, theorems: list[Theorem], obligations: dict[str, list[Obligation]], missing: dict[str, str]) -> None:
    """Turn obligations into theorems."""
    every = [o for found in obligations.values() for o in found]
    report.obligations, report.framed = len(every), sum(o.verdict == "framed" for o in every)
    report.failures = [o for o in every if o.verdict not in ("proved", "framed")]
    relies: dict[str, set[str]] = {}
    for o in every:
        relies.setdefault(o.statement, set()).update(o.relies_on)
    broken = {o.statement: o for o in reversed(report.failures)}
    for theorem in theorems:
        result = blank(theorem, "proved")
        used = cone(set(theorem.clauses), relies)
        mine = [o for o in every if o.statement in theorem.clauses]
        result.obligations, result.framed = len(mine), sum(o.verdict == "framed" for o in mine)
        result.cost, result.seconds = sum(o.cost for o in mine), sum(o.seconds for o in mine)
        result.relies_on = sorted(used - set(theorem.clauses))
        result.solvers = {k: v for o in mine for k, v in o.solvers.items()}
        bad = [broken[n] for n in sorted(used, key=lambda n: n not in theorem.clauses) if n in broken]
        if bad:
            worst = next((o for o in bad if o.verdict == "disagreement"), bad[0])
            result.verdict = {"cti": "not-inductive"}.get(worst.verdict, worst.verdict)
            result.reason = worst.where or f"{worst.step} breaks {worst.statement}, from a state that no run may reach"
        elif missing:
            name, why = next(iter(missing.items()))
            result.verdict, result.reason = (
                "unknown",
                f"{len(missing)} steps were not decided, {name} among them: {why}",
            )
        elif not theorem.clauses or theorem.open:
            result.verdict = "open"
        report.theorems.append(result)


def refute(report: ProveReport, policy: LoadedPolicy, theorems: list[Theorem], options: ProveOptions, progress: Progress) -> None:
    """Look for traces from boot that break clauses of the theorems that induction could not prove."""
    from proofs.checkers.aim import aim  # noqa: PLC0415 - not needed when all is proved
    from proofs.checkers.concrete import Checker  # noqa: PLC0415 - the same
    from proofs.checkers.explore import Walker, search  # noqa: PLC0415 - the same
    from proofs.checkers.traces import make  # noqa: PLC0415 - the same

    results = {r.id: r for r in report.theorems}
    suspects = {t.id: t for t in theorems if results[t.id].verdict == "not-inductive"}
    clauses = {c for t in suspects.values() for c in t.clauses}
    failures = [(o.step, o.statement) for o in report.failures if o.verdict == "cti"]

    def note(trace: dict[str, Any], broken: set[str]) -> None:
        for t in suspects.values():
            hit = [c for c in t.clauses if c in broken]
            if hit and results[t.id].verdict != "refuted":
                results[t.id].verdict, results[t.id].reason = "refuted", ""
                results[t.id].counterexample = Counterexample(hit[0], True, trace)
        clauses.difference_update(broken)

    wanted = [s for s in CATALOGUE.statements.values() if s.name in clauses]
    for failure in sorted(failures, key=lambda f: f[1] not in clauses):
        if failure[1] not in clauses:
            continue
        progress("search", {"clauses": [failure[1]], "steps": AIMED})
        walker = Walker(policy.instance(), [s for s in wanted if s.name == failure[1]], options.seed)
        hit = aim(walker, [failure], AIMED)
        if hit is not None:
            place, name = hit
            broken = {s.name for s, _ in Checker(wanted, walker.policy.State).broken(place.state)} | {name}
            path = walker.shrink(place, {name})
            note(make(policy.spec, place.platform, path, name, report.model_digest), broken)
    if clauses and options.search_steps:
        progress("search", {"clauses": sorted(clauses), "steps": options.search_steps})
        focus = sorted({step for step, _ in failures})
        found = search(policy.instance(), clauses, options.search_steps, options.seed, focus, policy.spec, report.model_digest)
        if found.trace is not None:
            note(found.trace, set(found.broken))
    left = [t for t in suspects if results[t].verdict != "refuted"]
    if left:
        report.notes.append(
            f"not-inductive theorems: sequences of up to three steps behind {len(failures)} counterexamples to induction, and"
            f" {options.search_steps} steps at random from boot, gave no trace for them; an invariant of the policy's own"
            " (@invariant) or a longer search may settle them"
        )
