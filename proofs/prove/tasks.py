"""Tasks: what a step prover can be asked to do, one kind a class, what came of it, and what that is evidence of.

Some tasks decide obligations (of a step, at power-on, in every state), one runs the witnesses, and the rest search for a run from
boot that breaks something.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from proofs.engine.decisions import STEP, decisions
from proofs.policies.policy_statements import own_invariants
from proofs.prove.limits import OUT_OF_TIME
from proofs.statements import OF_ANSWERS
from proofs.theorems import CATALOGUE
from proofs.traces import Trace
from proofs.verdicts import NOT_PURSUED, Obligation, ObligationVerdict, Seen

if TYPE_CHECKING:
    from proofs.prove.step_prover import StepProver

__all__ = [
    "EVERY_STATE",
    "POWER_ON",
    "Begin",
    "Decide",
    "DecideConsequences",
    "DecidePowerOn",
    "DecideStep",
    "Done",
    "Evidence",
    "Pursue",
    "RunWitnesses",
    "Scout",
    "Search",
    "Survey",
    "Task",
    "all_tasks",
    "promises_first",
    "refuting_text",
    "task_named",
]

#: What obligations call power-on, and what the invariants imply in every state, in the place of a step.
POWER_ON, EVERY_STATE = "power-on", "every state"
#: Sequences of steps tried behind one counterexample to induction: at first, and if nothing else refutes the policy.
PURSUED, PURSUED_LONGER = 1000, 4000
#: Theorems about a policy's decisions; their evidence is not the clauses of a statement.
ARBITRARY, CONTRACTS = "POL-1", "POL-2"
#: Why nothing is known of a task.
NO_TIME, REFUTED = "the budget ran out", f"{NOT_PURSUED}, since the policy is refuted"
#: Seconds of the processor that a step may take at first, so that it holds up no other, and after all others; and a search.
STEP_SECONDS, LONGER_SECONDS = 60.0, 600.0
SEARCH_SECONDS = 120.0


@dataclass
class Done:
    """What came of a task: obligations, or runs from boot with the statements that each breaks; or why nothing did."""

    task: Task
    obligations: list[Obligation] | None = None
    traces: list[tuple[Trace, list[str]]] = field(default_factory=list)
    missing: str = ""
    seen: Seen | None = None


@dataclass(frozen=True, kw_only=True)
class Held:
    """What is known to hold of what is to be decided; it is not decided again."""

    held: tuple[Obligation, ...] = field(default=(), compare=False)

    def holding(self, obligations: Iterable[Obligation]) -> Self:
        """Return the task with what is known to hold."""
        return replace(self, held=tuple(obligations))


@dataclass(frozen=True)
class DecideStep(Held):
    """Decide a step against every statement."""

    step: str
    own: bool = False
    """Whether the step is not the reference's: once the policy is refuted, little effort goes into what else it may break."""
    longer: bool = False
    """Whether it comes a second time, since it took too long the first."""

    @property
    def name(self) -> str:
        """Return what its obligations call it."""
        return self.step

    def run(self, prover: StepProver) -> Done:
        """Decide what is not held."""
        return Done(self, prover.step(self.step, self.held, self.own, LONGER_SECONDS if self.longer else STEP_SECONDS))

    def asked(self, prover: StepProver) -> list[str]:
        """Return the names of the statements that are decided."""
        return [st.name for st in (*prover.statements, *prover.step_statements)]


@dataclass(frozen=True)
class DecidePowerOn(Held):
    """Decide that every invariant holds at power-on."""

    name = POWER_ON

    def run(self, prover: StepProver) -> Done:
        """Decide what is not held."""
        return Done(self, prover.power_on(self.held))

    def asked(self, prover: StepProver) -> list[str]:
        """Return the names of the statements that are decided."""
        return [st.name for st in prover.statements]


@dataclass(frozen=True)
class DecideConsequences(Held):
    """Decide, in every state in which the invariants hold, what follows from them."""

    name = EVERY_STATE

    def run(self, prover: StepProver) -> Done:
        """Decide what is not held."""
        return Done(self, prover.consequences(self.held))

    def asked(self, prover: StepProver) -> list[str]:
        """Return the names of the statements that are decided."""
        return [st.name for st in prover.implied]


@dataclass(frozen=True)
class RunWitnesses:
    """Run the scenarios, for the cases of theorems and the successes of operations that they show."""

    name = "witnesses"

    def run(self, prover: StepProver) -> Done:
        """Run them."""
        return Done(self, seen=prover.witnesses())


@dataclass(frozen=True)
class Survey:
    """Run a policy's own steps in the scenarios; what that finds it finds soon."""

    near: bool = False
    """Whether what is near the scenarios is run behind them."""
    seconds = SEARCH_SECONDS

    @property
    def name(self) -> str:
        """Return what it looks at."""
        return "near misses" if self.near else "survey"

    def run(self, prover: StepProver) -> Done:
        """Run them."""
        return Done(self, traces=prover.near_misses() if self.near else prover.survey())


@dataclass(frozen=True)
class Scout:
    """Search for a run in which a step breaks what a small effort does not prove, at once, with no step in front of it."""

    step: str
    seconds = SEARCH_SECONDS

    @property
    def name(self) -> str:
        """Return the step's name."""
        return self.step

    def run(self, prover: StepProver) -> Done:
        """Find out what may break, and search."""
        suspects = [n for n in promises_first(prover.induction.scout(prover.own[self.step])) if n not in CATALOGUE.lemmas]
        return Done(self, traces=prover.pursue(self.step, suspects, None, one=True))


@dataclass(frozen=True)
class Pursue:
    """Search for runs in which a step breaks what a counterexample to induction shows it to break in some state."""

    step: str
    statements: tuple[str, ...]
    longer: bool = False

    @property
    def name(self) -> str:
        """Return the step's name."""
        return self.step

    @property
    def seconds(self) -> float:
        """Return how long it may take, of the processor."""
        return LONGER_SECONDS if self.longer else SEARCH_SECONDS

    def run(self, prover: StepProver) -> Done:
        """Search."""
        limit = PURSUED_LONGER if self.longer else PURSUED
        return Done(self, traces=prover.pursue(self.step, list(self.statements), limit, one=False))


@dataclass(frozen=True)
class Begin:
    """Make runs of no step of the machines at power-on that break a statement."""

    failed: tuple[Obligation, ...] = field(default=(), compare=False)
    name = "machines at power-on"
    seconds = SEARCH_SECONDS

    def run(self, prover: StepProver) -> Done:
        """Look at them."""
        return Done(self, traces=prover.at_power_on(self.failed))


Decide = DecideStep | DecidePowerOn | DecideConsequences
Search = Survey | Scout | Pursue | Begin
Task = Decide | RunWitnesses | Search


def task_named(name: str) -> Decide | RunWitnesses:
    """Return the task that decides what has a name: power-on, every state, the witnesses or a step."""
    others: tuple[Decide | RunWitnesses, ...] = (RunWitnesses(), DecidePowerOn(), DecideConsequences())
    return next((task for task in others if task.name == name), DecideStep(name))


def all_tasks(steps: Iterable[str]) -> list[Decide | RunWitnesses]:
    """Return everything that is to be decided of a policy with these steps."""
    return [RunWitnesses(), DecidePowerOn(), DecideConsequences(), *map(DecideStep, steps)]


def refuting_text(trace: Trace, broken: list[str]) -> str:
    """Return what is told of a run that breaks something."""
    count = len(trace.steps)
    return f"{trace.end}: refuted by a run of {count or 'no'} step{'s' * (count != 1)} from boot: {', '.join(broken)}"


def promises_first(names: list[str]) -> list[str]:
    """Return statements in the order to refute them in."""
    last = {s.name: not s.area.promise for s in CATALOGUE.statements.values()}
    return sorted(names, key=lambda n: last.get(n, True))


class Evidence:
    """Everything that was decided, by step; what was not reached; the runs from boot with what each breaks."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.asked: dict[str, list[str]] = {}
        """What is to be decided, counted before anything is: the statements that each step, power-on and every state are asked."""
        self.decisions: dict[str, str] = {}
        """The contract of each decision, by what its obligation calls the decision."""
        self.elsewhere: dict[str, list[str]] = {}
        """The decisions that a step asks of a state which it has changed, by step."""
        self.given: set[str] = set()
        """What is taken for granted."""
        self.of_success: set[str] = set()
        """The statements of steps that succeed: they are asked of arbitrary decisions too."""
        self.own: set[str] = set()
        """The policy's own invariants: they may hold for its own answers alone."""
        self.otherwise: dict[tuple[str, str], ObligationVerdict] = {}
        """What was decided anew for arbitrary decisions, without the own invariants that do not hold for these."""
        self.contracts: list[Obligation] = []
        self.steps: dict[str, list[Obligation]] = {}
        self.missing: dict[str, str] = {}
        self.traces: list[tuple[Trace, list[str]]] = []
        self.seen = Seen()
        self.wanted: set[str] = set()
        """The statements that the theorems asked for are made of."""
        self.given_up: dict[str, None] = {}
        """The searches and steps that took too long."""
        self.dropped: dict[str, str] = {}
        """The lemmas that are done without, each with the step that breaks it."""

    def count(self, prover: StepProver, tasks: list[Decide | RunWitnesses]) -> None:
        """Count what is to be decided."""
        self.asked = {task.name: task.asked(prover) for task in tasks if not isinstance(task, RunWitnesses)}
        self.decisions = {STEP + name: decision.contract for name, decision in decisions(prover.policy).items()}
        self.given = {*CATALOGUE.axioms, *(st.name for st in prover.assumed)}
        stated = (*prover.statements, *prover.step_statements)
        self.of_success = {st.name for st in stated if st.kind not in OF_ANSWERS}
        self.own = {st.name for st in own_invariants(prover.policy)}

    def contradict(self) -> None:
        """Let nothing hold of a step that does, in some run, another thing than was proved of it."""
        differs, wrong = self.seen.differs, ObligationVerdict.DISAGREEMENT
        for step in differs.keys() & self.steps.keys():
            told = [replace(o, arbitrary=o.arbitrary and wrong) for o in self.steps[step]]
            self.steps[step] = [replace(o, verdict=wrong, where=differs[step]) for o in told]

    def known(self) -> set[str]:
        """Return the names of all that is decided or taken for granted."""
        return {*self.given, *self.decisions.values(), *(name for names in self.asked.values() for name in names)}

    def drop(self) -> bool:
        """Do without the lemmas that do not hold, and forget what rested on them; say whether there were any.

        Where a promise is broken by a run, or something was not reached, that is told instead.
        """
        lemmas, wrong = CATALOGUE.lemmas, ObligationVerdict.DISAGREEMENT
        every = [o for found in self.steps.values() for o in found if not o.holds]
        broken = {o.statement: o.step for o in every if o.statement in lemmas}
        refuted = any(set(names) - lemmas for _, names in self.traces)
        if not broken or self.missing or refuted or any(o.verdict == wrong for o in every):
            return False
        self.dropped |= broken
        self.asked = {step: [n for n in names if n not in broken] for step, names in self.asked.items()}
        for step, found in self.steps.items():
            self.steps[step] = [o for o in found if o.holds and broken.keys().isdisjoint((o.statement, *o.relies_on))]
        return True

    def refuting(self) -> int:
        """Return how many runs break something that was asked for."""
        return sum(not self.wanted.isdisjoint(broken) for _, broken in self.traces)

    def give_up(self, done: Done, what: str) -> None:
        """Note that a task took too long, if that is what came of it, and how much it leaves open."""
        late = sum(OUT_OF_TIME in o.where for o in done.obligations or ())
        if late or done.missing == OUT_OF_TIME:
            self.given_up[what + (f" ({late} statements)" if late else "")] = None

    def leave(self, names: list[str], why: str) -> list[str]:
        """Say of each task that nothing came of why that is so, and return remarks about what is left open."""
        left = [name for name in names if name not in self.steps and name not in self.missing]
        self.missing |= dict.fromkeys(left, why)
        notes = []
        if left and why == REFUTED:
            counted = f"{len(left)} of {len(names)} steps were not decided (--all decides them)"
            notes.append(f"proving ended at the run that refutes the policy; {counted}")
        late = sum(reason == NO_TIME for reason in self.missing.values())
        if late:
            notes.append(f"{NO_TIME}: {late} of {len(names)} steps were not decided")
        if self.given_up:
            notes.append(f"{len(self.given_up)} given up, since they took too long: {', '.join(self.given_up)}")
        return notes

    def contracts_alone(self, only: tuple[str, ...]) -> bool:
        """Say whether nothing is asked for but the contracts of decisions, and no proof of one rests on what steps keep."""
        rest = any(o.holds and o.relies_on for o in self.contracts)
        return only == (CONTRACTS,) and bool(self.contracts) and not rest

    def undecided(self) -> list[tuple[str, str]]:
        """Return the steps and statements that are to be decided and of which nothing is known."""
        known = {(o.step, o.statement) for found in (*self.steps.values(), self.contracts) for o in found}
        pairs = [(step, name) for step, names in self.asked.items() for name in names]
        return [pair for pair in (*pairs, *self.decisions.items()) if pair not in known]

    def left(self) -> list[Decide]:
        """Return what there is to decide again: each step of which something is not known, with what is."""
        found = {name: {o.statement for o in known} for name, known in self.steps.items()}
        names = [name for name, asked in self.asked.items() if not found.get(name, set()).issuperset(asked)]
        tasks = [(name, task_named(name)) for name in names]
        return [task.holding(self.steps.get(name, ())) for name, task in tasks if not isinstance(task, RunWitnesses)]

    def of_steps(self) -> list[Obligation]:
        """Return what is known of steps that succeed."""
        steps = {name: found for name, found in self.steps.items() if name not in (POWER_ON, EVERY_STATE)}
        return [o for found in steps.values() for o in found if o.statement in self.of_success]

    # Under arbitrary decisions

    def of_every_answer(self) -> list[Obligation]:
        """Return what is asked of arbitrary decisions: all of the reference's statements about steps that succeed."""
        return [o for o in self.of_steps() if o.statement not in self.own]

    def not_arbitrary(self) -> list[tuple[str, str]]:
        """Return the steps and statements that were not asked of arbitrary decisions."""
        return [(o.step, o.statement) for o in self.of_every_answer() if o.arbitrary is None]

    def unfit(self) -> set[str]:
        """Return the policy's own invariants that do not hold for every answer: no proof for arbitrary decisions may use them."""
        own = [o for o in self.of_steps() if o.statement in self.own]
        out = {o.statement for o in own if o.arbitrary is None or not o.arbitrary.holds}
        while more := {o.statement for o in own if o.statement not in out and not out.isdisjoint(o.relies_on)}:
            out |= more
        return out

    def resting(self, unfit: set[str]) -> dict[str, set[str]]:
        """Return, by step, the statements whose proofs for arbitrary decisions, or in every state, use one of some invariants."""
        of_steps = [o for o in self.of_every_answer() if o.arbitrary is not None and o.arbitrary.holds]
        out: dict[str, set[str]] = {}
        for o in (*of_steps, *(o for o in self.steps.get(EVERY_STATE, ()) if o.holds)):
            if not unfit.isdisjoint(o.relies_on):
                out.setdefault(o.step, set()).add(o.statement)
        return out

    def for_every_answer(self) -> list[tuple[Obligation, ObligationVerdict]]:
        """Return what is known of the reference's statements where decisions are arbitrary.

        A proof that uses what holds for the policy's own answers alone counts for nothing until it was found without that.
        """
        resting, out = self.resting(self.unfit()), list[tuple[Obligation, ObligationVerdict]]()
        for o in self.of_every_answer():
            spoilt = o.statement in resting.get(o.step, ())
            known = ObligationVerdict.UNKNOWN if spoilt else o.arbitrary
            if known is not None:
                out.append((o, self.otherwise.get((o.step, o.statement), known)))
        for o in self.steps.get(EVERY_STATE, ()):
            if o.statement in resting.get(EVERY_STATE, ()):
                out.append((o, self.otherwise.get((o.step, o.statement), ObligationVerdict.UNKNOWN)))
        return out
