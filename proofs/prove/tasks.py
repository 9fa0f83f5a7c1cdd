"""Tasks: what a step prover can be asked to do, one kind a class, and what came of it.

Some tasks decide obligations (of a step, at power-on, in every state), one runs the witnesses, and the rest search for a run from
boot that breaks something.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from proofs.theorems import CATALOGUE
from proofs.traces import Trace
from proofs.verdicts import Obligation, Seen

if TYPE_CHECKING:
    from proofs.prove.step_prover import StepProver

__all__ = [
    "EVERY_STATE",
    "POWER_ON",
    "Decide",
    "DecideConsequences",
    "DecidePowerOn",
    "DecideStep",
    "Done",
    "Pursue",
    "RunWitnesses",
    "Scout",
    "Search",
    "Survey",
    "Task",
    "all_tasks",
    "promises_first",
    "task_named",
]

#: What obligations call power-on, and what the invariants imply in every state, in the place of a step.
POWER_ON, EVERY_STATE = "power-on", "every state"
#: Sequences of steps tried behind one counterexample to induction: at first, and if nothing else refutes the policy.
PURSUED, PURSUED_LONGER = 1000, 4000


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

    @property
    def name(self) -> str:
        """Return what its obligations call it."""
        return self.step

    def run(self, prover: StepProver) -> Done:
        """Decide what is not held."""
        return Done(self, prover.step(self.step, self.held, self.own))

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
    """Run a policy's own steps in the scenarios, and with one argument changed; what that finds it finds soon."""

    name = "survey"

    def run(self, prover: StepProver) -> Done:
        """Run them."""
        return Done(self, traces=prover.survey())


@dataclass(frozen=True)
class Scout:
    """Search for a run in which a step breaks what a small effort does not prove, at once, with no step in front of it."""

    step: str

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

    def run(self, prover: StepProver) -> Done:
        """Search."""
        limit = PURSUED_LONGER if self.longer else PURSUED
        return Done(self, traces=prover.pursue(self.step, list(self.statements), limit, one=False))


Decide = DecideStep | DecidePowerOn | DecideConsequences
Search = Survey | Scout | Pursue
Task = Decide | RunWitnesses | Search


def task_named(name: str) -> Decide | RunWitnesses:
    """Return the task that decides what has a name: power-on, every state, the witnesses or a step."""
    others: tuple[Decide | RunWitnesses, ...] = (RunWitnesses(), DecidePowerOn(), DecideConsequences())
    return next((task for task in others if task.name == name), DecideStep(name))


def all_tasks(steps: Iterable[str]) -> list[Decide | RunWitnesses]:
    """Return everything that is to be decided of a policy with these steps."""
    return [RunWitnesses(), DecidePowerOn(), DecideConsequences(), *map(DecideStep, steps)]


def promises_first(names: list[str]) -> list[str]:
    """Return statements in the order to refute them in."""
    last = {s.name: not s.area.promise for s in CATALOGUE.statements.values()}
    return sorted(names, key=lambda n: last.get(n, True))
