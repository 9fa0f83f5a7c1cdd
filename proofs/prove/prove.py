"""Proving a policy: obligations for every step and statement, gathered into theorems.

A counterexample to induction is a state and a step, and the state may never arise; so the search goes on from boot
(`proofs.search`). A run from boot that breaks a clause of a theorem refutes it.
Without one the theorem is `not-inductive`, and so is every theorem whose proof used the statement that failed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from proofs.engine.decisions import STEP, decisions
from proofs.engine.limits import RLIMIT
from proofs.policies import LoadedPolicy, digest
from proofs.policies.code_references import mentioned
from proofs.policies.header import header
from proofs.policies.policy_statements import OWN, own_theorem
from proofs.prove.cache import Cache, folder
from proofs.prove.executors import Forked
from proofs.prove.keys import Keys
from proofs.prove.limits import OutOfTimeError, of_wall
from proofs.prove.scheduler import Scheduler, told
from proofs.prove.step_prover import Setup, StepProver
from proofs.prove.tasks import (
    ARBITRARY,
    CONTRACTS,
    NO_TIME,
    PURSUED,
    REFUTED,
    Decide,
    Done,
    Evidence,
    RunWitnesses,
    Search,
    all_tasks,
    promises_first,
    refuting_text,
    task_named,
)
from proofs.search.refute import contrary, search
from proofs.theorems import CATALOGUE, Theorem
from proofs.theorems.witnesses import WITNESSES as CASES
from proofs.verdicts import (
    OF_FAILURE,
    Counterexample,
    Obligation,
    ObligationVerdict,
    ProveReport,
    Seen,
    TheoremResult,
    TheoremVerdict,
    Verdict,
)
from pymodel.language.steps import Transition
from pymodel.machine import steps

__all__ = ["ProveOptions", "prove"]

VERSION = "0.1.0"
Progress = Callable[[str, dict[str, Any]], None]
#: In the place of a step, where a statement is relied on that nobody decides.
ANY_STEP = "any step"
#: Seconds behind the budget after which what does not end by itself is ended.
GRACE = 0.5


@dataclass(frozen=True)
class ProveOptions:
    """What to prove and how hard to try; `rlimit` is counted in the solver's units for one obligation."""

    only: tuple[str, ...] = ()
    jobs: int = 0
    budget: float | None = None
    rlimit: int = RLIMIT
    solver: str = "z3"
    cache: bool = True
    more: int = 0
    """Runs from boot that are looked for besides the first."""
    everything: bool = False
    """Whether what a run from boot leaves open is decided all the same."""
    smt2: Path | None = None
    search_steps: int = 60_000
    seed: int = 0
    began: float = 0.0

    @property
    def left(self) -> float | None:
        """Return the seconds that are left of the budget; None without one."""
        return None if self.budget is None else max(0.0, self.began + self.budget - time.monotonic())

    @property
    def solvers(self) -> tuple[str, ...]:
        """Return who decides; z3 always chooses the instances."""
        return ("z3", "cvc5", "bitwuzla") if self.solver == "all" else (self.solver,)


def prove(policy: LoadedPolicy, options: ProveOptions, progress: Progress) -> ProveReport:
    """Prove or refute a policy; an interrupt returns what is known so far, marked as interrupted."""
    options = replace(options, began=time.monotonic())
    report = ProveReport(policy.name, digest(policy), VERSION)
    instance = policy.instance()
    for name, facts in header(policy).items():
        setattr(report, name, facts)
    theorems = select(options.only)
    theorems += own_theorem(instance) if not options.only or OWN in options.only else []
    evidence = Evidence()
    evidence.wanted = {name for theorem in theorems for name in theorem.clauses}
    known = steps(instance)
    tasks = all_tasks(t.name for t in known)
    why = ""
    try:
        with of_wall(None if options.left is None else options.left + GRACE):
            run(evidence, policy, tasks, options, progress, report.model_digest)
    except KeyboardInterrupt:
        report.interrupted = True
    except OutOfTimeError:
        why = NO_TIME
    if evidence.contracts_alone(options.only):
        tasks = []
    stopped = not options.everything and evidence.refuting() > options.more
    report.notes += evidence.leave([task.name for task in tasks], REFUTED if stopped else why or "not reached")
    report.notes += [
        f"POL-1: {step} asks {', '.join(names)} of a state that it has changed; there it holds for this policy's own answers alone"
        for step, names in evidence.elsewhere.items()
    ]
    if tasks and RunWitnesses.name not in evidence.missing:
        not_seen(report, known, evidence.seen)
    gather(report, theorems, evidence)
    report.notes += [f"the proofs do without the lemma {name}, which {step} breaks" for name, step in evidence.dropped.items()]
    if not report.interrupted:
        try:
            with of_wall(options.left):
                search_on(report, policy, theorems, options, progress)
                answer_otherwise(report, policy, evidence, options, progress)
        except KeyboardInterrupt:
            report.interrupted = True
        except OutOfTimeError:
            report.notes.append("the budget ran out in the search from boot")
    report.seconds = time.monotonic() - options.began
    return report


def not_seen(report: ProveReport, known: list[Transition], seen: Seen) -> None:
    """Report the operations that never succeed: a policy that refuses everything is safe and useless."""
    operations = [t.name for t in known if t.actor == "hypervisor"]
    report.dead = [n for n in operations if n not in seen.succeeded]
    if len(report.dead) == len(operations):
        report.notes.append("this policy refuses everything: it is safe and useless")
    if seen.cut:
        report.notes.append(
            f"an assumption of the policy kept {seen.cut} steps out of the runs from boot; what they lead to is not covered"
        )


def run(  # noqa: PLR0913, PLR0917 - what to do, and with what means
    evidence: Evidence,
    policy: LoadedPolicy,
    tasks: list[Decide | RunWitnesses],
    options: ProveOptions,
    progress: Progress,
    model: str,
) -> None:
    """Decide the contracts, and then everything else, and pursue counterexamples as they come."""
    if options.smt2 is not None:
        options.smt2.mkdir(parents=True, exist_ok=True)
    setup = Setup(policy.spec, options.rlimit, options.solvers, options.smt2, frozenset(), model, options.seed)
    prover = StepProver(setup, policy)
    place = folder() if options.cache and options.smt2 is None else None
    evidence.count(prover, tasks)
    with Cache(place, lambda text: progress("note", {"text": text})) as store:
        scheduler = scheduler_of(prover, store, options, progress)
        progress("phase", {"text": "contracts of decisions"})
        decide_contracts(evidence, scheduler)
        if evidence.contracts_alone(options.only):
            return
        progress("phase", {"text": "formulas of the steps"})
        evidence.elsewhere = scheduler.keys.asked_elsewhere()
        progress("phase", {"text": "deciding"})
        collect(evidence, scheduler.run(tasks), options, progress)
        while evidence.drop():
            progress("note", {"text": f"proving again, without what the policy breaks: {', '.join(evidence.dropped)}"})
            prover = prover.without(frozenset(evidence.dropped))
            scheduler = scheduler_of(prover, store, options, progress)
            decide_contracts(evidence, scheduler)
            collect(evidence, scheduler.again(evidence.left()), options, progress)
        decide_otherwise(evidence, prover, store, options, progress)


def scheduler_of(prover: StepProver, store: Cache, options: ProveOptions, progress: Progress) -> Scheduler:
    """Return what takes the tasks of a prover, as the options ask for it."""
    return Scheduler(prover, Keys(prover, store), Forked(prover), progress, options.jobs, options.left, options.more)


def decide_contracts(evidence: Evidence, scheduler: Scheduler) -> None:
    """Decide the contracts of the decisions; those that are kept stand for their decisions from now on."""
    evidence.contracts = scheduler.keys.contracts()
    kept = (o.step.removeprefix(STEP) for o in evidence.contracts if o.verdict == ObligationVerdict.PROVED)
    scheduler.prover.keep(frozenset(kept))
    scheduler.breaks_a_contract = any(o.verdict == ObligationVerdict.CTI for o in evidence.contracts)


def decide_otherwise(evidence: Evidence, prover: StepProver, store: Cache, options: ProveOptions, progress: Progress) -> None:
    """Decide for arbitrary decisions, without the own invariants that hold for the policy's own answers alone, what used them."""
    unfit = evidence.unfit()
    resting = evidence.resting(unfit)
    if not resting or evidence.traces:
        return
    progress(
        "note", {"text": f"POL-1: proving again, without what holds for the policy's own answers alone: {', '.join(sorted(unfit))}"}
    )
    other = prover.without(frozenset(evidence.dropped) | unfit)
    tasks = [(task_named(name), evidence.steps[name], names) for name, names in resting.items()]
    again = [
        task.holding(o for o in found if o.statement not in names | unfit)
        for task, found, names in tasks
        if not isinstance(task, RunWitnesses)
    ]
    for done in scheduler_of(other, store, options, progress).again(again):
        found = [o for o in done.obligations or () if o.statement in resting[o.step]]
        evidence.otherwise |= {(o.step, o.statement): o.arbitrary or o.verdict for o in found}


def collect(evidence: Evidence, came: Iterator[Done], options: ProveOptions, progress: Progress) -> None:
    """Take what comes of each task, as long as the options ask for more."""
    for done in came:
        evidence.give_up(done, told(done.task))
        if done.missing and not isinstance(done.task, Search):
            evidence.missing[done.task.name] = done.missing
        elif done.seen is not None:
            evidence.seen, evidence.steps[done.task.name] = done.seen, []
        elif done.obligations is not None:
            evidence.steps[done.task.name] = done.obligations
            progress("step", {"step": done.task.name, "obligations": done.obligations})
        else:
            evidence.traces += done.traces
            for trace, broken in done.traces:
                progress("note", {"text": refuting_text(trace, broken)})
            if not options.everything and evidence.refuting() > options.more:
                return


def select(only: tuple[str, ...]) -> list[Theorem]:
    """Return the theorems that were asked for by ID or area."""
    return [t for t in CATALOGUE.theorems.values() if not only or t.id in only or t.area in only]


def blank(theorem: Theorem, verdict: TheoremVerdict, reason: str = "") -> TheoremResult:
    """Return a theorem's result without evidence."""
    return TheoremResult(
        theorem.id,
        theorem.area,
        theorem.title,
        theorem.layer,
        verdict,
        list(theorem.assumes),
        open=list(theorem.open),
        argued=list(theorem.argued),
        weakened=list(theorem.weakened),
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


def gather(report: ProveReport, theorems: list[Theorem], evidence: Evidence) -> None:
    """Turn obligations and runs from boot into theorems."""
    evidence.contradict()
    every = [o for found in evidence.steps.values() for o in found]
    report.obligations = len(every) + len(evidence.contracts)
    report.framed = sum(o.verdict == ObligationVerdict.FRAMED for o in every)
    report.failures = [o for o in [*evidence.contracts, *every] if not o.holds]
    of: dict[str, list[Obligation]] = {}
    for o in every:
        of.setdefault(o.statement, []).append(o)
    relies: dict[str, set[str]] = {}
    for o in [*every, *evidence.contracts]:
        relies.setdefault(o.statement, set()).update(o.relies_on)
    undecided, known = evidence.undecided(), evidence.known()
    for theorem in theorems:
        result = blank(theorem, Verdict.PROVED)
        mine = evidence_for(theorem, evidence, of)
        clauses = set(theorem.clauses) or {o.statement for o in mine}
        used = cone(clauses, relies)
        result.obligations, result.framed = len(mine), sum(o.verdict == ObligationVerdict.FRAMED for o in mine)
        result.cost, result.seconds = sum(o.cost for o in mine), sum(o.seconds for o in mine)
        result.relies_on = sorted(used - clauses)
        result.solvers = solvers_of(mine)
        result.witnesses = len(evidence.seen.cases.get(theorem.id, ()))
        hit = next(((t, b) for t, b in evidence.traces if clauses & set(b)), None) if theorem.id != ARBITRARY else None
        if hit is not None:
            result.verdict = Verdict.REFUTED
            result.counterexample = Counterexample(next(c for c in hit[1] if c in clauses), True, hit[0])
        else:
            broken = {o.statement: o for o in [*reversed(report.failures), *(o for o in reversed(mine) if not o.holds)]}
            bad = [broken[n] for n in sorted(used, key=lambda n: (n not in clauses, n)) if n in broken]
            left = [*(pair for pair in undecided if pair[1] in used), *((ANY_STEP, n) for n in sorted(used - known))]
            left += evidence.not_arbitrary() if theorem.id == ARBITRARY else []
            left += [p for p in undecided if p[0] in evidence.decisions] if theorem.id in (ARBITRARY, CONTRACTS) else []
            alone = theorem.id == CONTRACTS and used == clauses
            result.verdict, result.reason = judged(
                theorem, evidence, bad, left, result.witnesses, {} if alone else evidence.missing
            )
        report.theorems.append(result)


def evidence_for(theorem: Theorem, evidence: Evidence, of: dict[str, list[Obligation]]) -> list[Obligation]:
    """Return the obligations that a theorem is about; `of` has them by statement."""
    if theorem.id == CONTRACTS:
        return evidence.contracts
    if theorem.id == ARBITRARY:
        return [under_arbitrary(o, verdict) for o, verdict in evidence.for_every_answer()]
    return [o for name in dict.fromkeys(theorem.clauses) for o in of.get(name, ())]


def under_arbitrary(o: Obligation, verdict: ObligationVerdict) -> Obligation:
    """Return what is known of an obligation under arbitrary decisions, as one of its own."""
    why = f"{o.step} breaks {o.statement} where {', '.join(o.answers)}, as the contracts allow"
    undecided = f"{o.step} against {o.statement}, with every answer that the contracts allow, is not decided"
    return replace(o, verdict=verdict, where="" if verdict.holds else why if verdict == ObligationVerdict.CTI else undecided)


def judged(
    theorem: Theorem,
    evidence: Evidence,
    bad: list[Obligation],
    left: list[tuple[str, str]],
    witnesses: int,
    missing: dict[str, str] | None = None,
) -> tuple[TheoremVerdict, str]:
    """Return the verdict on a theorem that no run from boot refutes, and the reason if it is not proved.

    `bad` are obligations that it rests on and that do not hold, `left` those of which nothing is known, `missing` the steps,
    all of them if not said.
    """
    missing = evidence.missing if missing is None else missing
    unkept = [o.step for o in evidence.contracts if o.verdict != ObligationVerdict.PROVED]
    if theorem.id == ARBITRARY and unkept:
        return Verdict.UNKNOWN, f"not asked for arbitrary decisions, since the {unkept[0]} breaks its contract"
    if bad:
        worst = next((o for o in bad if o.verdict == ObligationVerdict.DISAGREEMENT), bad[0])
        why = worst.where or f"{worst.step} breaks {worst.statement}, from a state that no run may reach"
        why += "".join(f"; what is missing may be {name}, which {step} breaks" for name, step in evidence.dropped.items())
        return OF_FAILURE[worst.verdict], why
    if missing or left:
        name, why = next(iter(missing.items()), ("", ""))
        steps = f"{len(missing)} steps were not decided, {name} among them: {why}"
        one = " against ".join(left[0]) if left else ""
        return Verdict.UNKNOWN, steps if name else f"{len(left)} obligations were not decided, {one} among them"
    vacuous = vacuity(theorem, evidence, witnesses)
    says_something = theorem.clauses or theorem.id in (ARBITRARY, CONTRACTS)
    return Verdict.VACUOUS if vacuous else Verdict.PROVED if says_something and not theorem.open else Verdict.OPEN, vacuous


def vacuity(theorem: Theorem, evidence: Evidence, witnesses: int) -> str:
    """Return why a theorem that is proved says nothing; nothing if it says something."""
    kept, cases = kept_from_runs(theorem, evidence), len(CASES.get(theorem.id, ()))
    if kept:
        return f"an assumption of the policy alone keeps from every run: {kept}"
    return f"no run from boot shows any of its {cases} cases under this policy's assumptions" if cases and not witnesses else ""


def kept_from_runs(theorem: Theorem, evidence: Evidence) -> str:
    """Return a case of a theorem, or a step that matters to it, of which an assumption is why no run shows it."""
    away = evidence.seen.kept_away.get(theorem.id)
    found = [o for name in sorted(evidence.seen.kept_back) for o in evidence.steps.get(name, ())]
    steps = (o.step for o in found if o.statement in theorem.clauses and o.verdict != ObligationVerdict.FRAMED)
    return away[0] if away else next(steps, "")


def solvers_of(obligations: list[Obligation]) -> dict[str, str]:
    """Return what each solver said of some obligations: proved only if it said unsat of all that it was asked."""
    out: dict[str, str] = {}
    for o in obligations:
        for name, answer in o.solvers.items():
            said = Verdict.PROVED if answer == "unsat" else Verdict.REFUTED if answer == "sat" else answer
            out[name] = said if out.get(name, Verdict.PROVED) == Verdict.PROVED else out[name]
    return out


def answer_otherwise(
    report: ProveReport, policy: LoadedPolicy, evidence: Evidence, options: ProveOptions, progress: Progress
) -> None:
    """Search, where POL-1 fails with some answers, for a run of the policy with other answers wherever its contracts allow them."""
    result = next((r for r in report.theorems if r.id == ARBITRARY and r.verdict in (Verdict.NOT_INDUCTIVE, Verdict.UNKNOWN)), None)
    failed = [o for o in evidence.of_every_answer() if o.arbitrary is not None and not o.arbitrary.holds]
    if result is None or not failed or any(r.verdict == Verdict.REFUTED for r in report.theorems):
        return
    instance = policy.instance()
    known = {t.name: t for t in steps(instance)}
    asked = {step: mentioned(known[step].function, policy.cls)[1] & decisions(instance).keys() for step in {o.step for o in failed}}
    for step, names in asked.items():
        told = f"other answers of {', '.join(sorted(names))} wherever the contracts allow them"
        progress("note", {"text": f"POL-1: looking for a run with {told}"})
        other = replace(policy, cls=contrary(instance, names))
        prover = StepProver(Setup(policy.spec, options.rlimit, digest=report.model_digest, seed=options.seed), other)
        for trace, found in prover.pursue(step, promises_first([o.statement for o in failed if o.step == step]), PURSUED, one=True):
            last = "; ".join(f"{t.name}({', '.join(f'{n}={v}' for n, v in t.arguments.items())})" for t in trace.steps[-3:])
            run = f"with {told} a run of {len(trace.steps)} steps from boot breaks {', '.join(found)}: ...; {last}"
            result.verdict, result.reason = Verdict.NOT_INDUCTIVE, f"{result.reason}; {run}"
            return


def search_on(
    report: ProveReport, policy: LoadedPolicy, theorems: list[Theorem], options: ProveOptions, progress: Progress
) -> None:
    """Search at random for what induction could not prove, or the solver did not decide, and the aimed search could not refute."""
    results = {r.id: r for r in report.theorems}
    refuted = [r for r in report.theorems if r.verdict == Verdict.REFUTED]
    asked = [
        o for o in report.failures if o.verdict == ObligationVerdict.CTI or (o.verdict == ObligationVerdict.UNKNOWN and o.cost)
    ]
    failed = {o.statement for o in asked}
    suspects = [
        t for t in theorems if results[t.id].verdict in (Verdict.NOT_INDUCTIVE, Verdict.UNKNOWN) and failed & set(t.clauses)
    ]
    clauses = {c for t in suspects for c in t.clauses}
    searched = bool(clauses) and len(refuted) <= options.more and options.search_steps > 0
    if searched:
        progress("phase", {"text": "searching at random"})
        progress("search", {"clauses": sorted(clauses & failed), "steps": options.search_steps})
        focus = sorted({o.step for o in asked})
        found = search(policy.instance(), clauses, options.search_steps, options.seed, focus, policy.spec, report.model_digest)
        for t in suspects:
            hit = [c for c in t.clauses if c in found.broken]
            if hit and found.trace is not None:
                results[t.id].verdict, results[t.id].reason = Verdict.REFUTED, ""
                results[t.id].counterexample = Counterexample(hit[0], True, found.trace)
    left = [r for r in report.theorems if r.verdict == Verdict.NOT_INDUCTIVE]
    if left and searched and not any(r.verdict == Verdict.REFUTED for r in report.theorems):
        report.notes.append(
            f"not-inductive theorems: sequences of up to three steps behind each counterexample to induction, and"
            f" {options.search_steps} steps at random from boot, gave no trace for them; an invariant of the policy's own"
            " (@invariant) or a longer search may settle them"
        )
