"""Judging a mutant: whether the proofs notice it.

A mutant that takes the same symbolic paths in every step, term by term, is the same hypervisor. One that does not is first
tried on concrete states. What no trial notices is left to the solver. If from every state that satisfies the invariants each
changed step still does what it did, the mutant is equivalent; if it refuses more, and otherwise does what it did, it breaks
no statement about safety, and is killed if what it refuses must not be refused, or if a step can never succeed. Any other
one should break an obligation of a changed step.

What is asked of power-on depends on no function that is mutated, so those obligations are not asked again.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from proofs.engine.induction import Exploration, Induction, Limits, chosen
from proofs.engine.instances import formula
from proofs.engine.paths import Path
from proofs.engine.query import FIRST
from proofs.mutation.compare import Comparison, changed_fields, differing_parts, mentioned, same_terms
from proofs.mutation.sources import Mutant
from proofs.mutation.trials import Trials
from proofs.policies import LoadedPolicy
from proofs.policies.policy_statements import consequences, statements_of
from proofs.statements import OF_ANSWERS, Kind, Statement
from proofs.verdicts import Obligation, ObligationVerdict
from pymodel.language.steps import Transition
from pymodel.language.truth import Signal
from pymodel.machine import steps

__all__ = ["Broken", "Judge", "Judgement"]

#: Solver units for one obligation: at first, and for what that left undecided (most proofs take less than a tenth of that).
LOW, FULL = 6_400_000, 20_000_000
#: Obligations that an effort may leave undecided before the next one is tried; after the last, the mutant is `unproved`.
PATIENCE = {LOW: 3, FULL: 1}
#: The kinds of statements in the order in which they are asked about.
RANKS = (Kind.STEP, Kind.STATE, Kind.CONSEQUENCE, *OF_ANSWERS)

Pairs = list[tuple[str, Statement]]


@dataclass(frozen=True)
class Explored:
    """A step run on the arbitrary state: its arguments, and its paths."""

    arguments: dict[str, Any]
    paths: list[Path]

    @property
    def done(self) -> list[Path]:
        """Return the paths that are not refused."""
        return [p for p in self.paths if p.outcome == "ok"]


@dataclass(frozen=True)
class Judgement:
    """What became of a mutant: `killed`, `unproved`, `undecided`, `equivalent` or `survived`, by what, and how long it took."""

    key: str
    outcome: str
    why: str
    seconds: float = 0.0


@dataclass(frozen=True)
class Compared:
    """How a step of a mutant stands to what it was, in every state of the invariants."""

    verdict: str
    """`same`; `refines`: it refuses more, and where it succeeds it does what it did; `other`; `unknown`."""
    used: set[str]
    """The statements that this rests on."""


class Broken(Exception):  # noqa: N818 - a verdict, and no error
    """A step of the mutant cannot be run at all."""


class OutOfTimeError(Exception):
    """A mutant took longer than there was time for it."""


class Judge:
    """Judges the mutants of one policy."""

    #: Time for one mutant.
    seconds = float("inf")
    deadline = float("inf")

    def __init__(self, policy: LoadedPolicy, limits: tuple[int, ...] = (LOW, FULL)) -> None:
        """Run every step of the policy once, and note which functions each one calls."""
        self.policy, self.is_reference = policy.instance(), not policy.files
        states, about_steps, assumed = statements_of(self.policy)
        self.statements = [*about_steps, *states, *consequences()]
        self.comparison = Comparison(self.policy.State)
        goals = [*about_steps, *self.comparison.statements]
        given = [a for a, _ in assumed]
        self.inductions = [Induction(self.policy, states, given, Limits(n), goals, consequences()) for n in limits]
        for induction in self.inductions:
            induction.given_up = self.is_late
        self.steps = {t.name: t for t in steps(self.policy)}
        self.called: dict[str, set[CodeType]] = {}
        self.runs: dict[str, Explored] = {}
        for name, transition in self.steps.items():
            with calls() as self.called[name]:
                self.runs[name] = self.explored(transition)
        with calls() as self.in_statements:
            self.fields = {st.name: self._fields(st) for st in states}
        self.trials = Trials(self.policy, self.statements, self.steps)
        self.known: dict[tuple[str, str], bool] = {}

    def _fields(self, statement: Statement) -> set[str]:
        induction = self.inductions[0]
        return mentioned([formula(statement.function, induction.before, *induction.keys[statement.name])[0]])

    def explored(self, transition: Transition) -> Explored:
        """Run a step on the arbitrary state, or raise `Broken`."""
        try:
            arguments, paths = self.inductions[0].paths(transition)
        except Signal as signal:
            raise Broken(f"{transition.name} cannot be run: {signal}") from signal
        for path in paths:
            if path.outcome == "error":
                raise Broken(f"{transition.name} raises {path.value!r}")
        return Explored(arguments, paths)

    def users(self, mutant: Mutant) -> list[str]:
        """Return the steps that call the function of a mutant."""
        code = mutant.source.function.__code__
        return [name for name, codes in self.called.items() if code in codes]

    def may_be_mutated(self, mutant: Mutant) -> bool:
        """Say whether a step calls the function, and no statement does: a mutant must not change what is promised."""
        return bool(self.users(mutant)) and mutant.source.function.__code__ not in self.in_statements

    def judge(self, mutant: Mutant) -> Judgement:
        """Decide one mutant."""
        began = time.monotonic()
        self.deadline = began + self.seconds
        try:
            outcome, why = self._judge(mutant)
        except OutOfTimeError:
            outcome, why = "undecided", f"neither killed nor proved in {self.seconds:g} s"
        return Judgement(mutant.key, outcome, why, time.monotonic() - began)

    def is_late(self) -> bool:
        """Say whether the time for a mutant is over."""
        return time.monotonic() > self.deadline

    def _judge(self, mutant: Mutant) -> tuple[str, str]:
        users = self.users(mutant)
        with mutant.installed():
            try:
                runs = {name: self.explored(self.steps[name]) for name in users}
            except Broken as broken:
                return "killed", str(broken)
        changed = {n: r for n, r in runs.items() if not same_terms(r.done, self.runs[n].done)}
        if not changed:
            return "equivalent", "same terms"
        found = self.trials.broken(mutant, changed, self.held) or self.trials.stopped(mutant, changed)
        if found:
            return "killed", found
        with mutant.installed():
            return self.decide(changed)

    def decide(self, changed: dict[str, Explored]) -> tuple[str, str]:
        """Ask the solver, with little effort at first."""
        todo = [(name, st) for name in changed for st in self.likely(name, changed[name].done)]
        differs, undecided = False, todo
        for induction in self.inductions:
            compared = Compared("other", set()) if differs else self.compare_all(induction, changed)
            if compared.verdict == "same":
                return "equivalent", f"proved, from {', '.join(sorted(compared.used)) or 'nothing'}"
            differs = compared.verdict == "other"
            refines = compared.verdict == "refines"
            asked = [(name, st) for name, st in todo if st.kind in OF_ANSWERS or not refines]
            killer, undecided, unasked = self.broken_statement(induction, changed, asked)
            killer = killer or (self.dead_step(changed) if refines else "")
            if killer:
                return "killed", killer
            todo = undecided + unasked
            if not todo:
                return "survived", f"{'refuses more' if refines else 'no statement tells'}: {', '.join(changed)}"
        return "unproved", f"not proved any more: {', '.join(f'{name} x {st.name}' for name, st in undecided)}"

    # What has changed

    def compare_all(self, induction: Induction, changed: dict[str, Explored]) -> Compared:
        """Ask the solver whether every step does what it did, until one does not."""
        used: set[str] = set()
        verdict = "same"
        for name, run in changed.items():
            found = self.compare(induction, name, run)
            used |= found.used
            if found.verdict in ("other", "unknown"):
                return found
            verdict = "refines" if found.verdict == "refines" else verdict
        return Compared(verdict, used)

    def compare(self, induction: Induction, name: str, run: Explored) -> Compared:
        """Ask the solver whether a step does what it did."""
        paths, reference = run.done, self.runs[name].done
        used: set[str] = set()

        def ask(statement: Statement, asked: list[Path], against: list[Path]) -> Obligation:
            self.comparison.against = against
            found = self.decided(induction, name, run, asked, statement)
            used.update(set(found.relies_on) - {statement.name})
            return found

        for statement in [self.comparison.accepted, *map(self.comparison.parts.__getitem__, differing_parts(paths, reference))]:
            found = ask(statement, paths, reference)
            if not found.holds:
                return Compared("unknown" if found.verdict == ObligationVerdict.UNKNOWN else "other", used)
        return Compared("same" if ask(self.comparison.accepted, reference, paths).holds else "refines", used)

    # What notices it

    def broken_statement(self, induction: Induction, changed: dict[str, Explored], todo: Pairs) -> tuple[str, Pairs, Pairs]:
        """Return the obligation that fails now and did not before, or else those not decided, and those not asked about."""
        undecided: Pairs = []
        patience = PATIENCE.get(induction.limits.rlimit, len(todo))
        for number, (name, st) in enumerate(todo):
            if len(undecided) >= patience:
                return "", undecided, todo[number:]
            found = self.obligation(induction, name, changed[name], st)
            if found.verdict == ObligationVerdict.CTI and self.held(name, st):
                return f"{name} breaks {st.name}", [], []
            if not found.holds and found.verdict != ObligationVerdict.CTI:
                undecided.append((name, st))
        return "", undecided, []

    def likely(self, name: str, paths: list[Path]) -> list[Statement]:
        """Return the statements, those first that speak of most of what the mutant changes, of these the shorter ones."""
        fields = changed_fields(paths, self.runs[name].done)

        def rank(st: Statement) -> tuple[int, int, int]:
            read = self.fields.get(st.name, set())
            return RANKS.index(st.kind), -len(fields & read), len(read)

        return sorted(self.statements, key=rank)

    def held(self, name: str, statement: Statement) -> bool:
        """Say whether the policy itself does not already fail an obligation; that the reference does not is proved elsewhere."""
        if self.is_reference:
            return True
        ident = name, statement.name
        if ident not in self.known:
            found = self.obligation(self.inductions[0], name, self.runs[name], statement)
            self.known[ident] = found.verdict not in (ObligationVerdict.CTI, ObligationVerdict.DISAGREEMENT)
        return self.known[ident]

    def obligation(self, induction: Induction, name: str, run: Explored, st: Statement) -> Obligation:
        """Decide a statement of a step that was run."""
        if st.kind == Kind.ANSWER:
            return induction.decided_of(Exploration(self.steps[name], run.arguments, run.paths), st, FIRST)
        return self.decided(induction, name, run, chosen(st, run.paths), st)

    def decided(self, induction: Induction, name: str, run: Explored, paths: list[Path], st: Statement) -> Obligation:
        """Decide a statement of some paths of a step, as long as there is time."""
        found = induction.obligation(self.steps[name], run.arguments, paths, st)
        if self.is_late():
            raise OutOfTimeError
        return found

    def dead_step(self, changed: dict[str, Explored]) -> str:
        """Return a step that can succeed in no state any more, and could before."""

        def never(name: str, run: Explored) -> bool:
            return self.obligation(self.inductions[0], name, run, self.comparison.never).holds

        for name, run in changed.items():
            if never(name, run) and not never(name, self.runs[name]):
                return f"{name} can never succeed"
        return ""


@contextmanager
def calls() -> Iterator[set[CodeType]]:
    """Collect the code of every function that is called."""
    found: set[CodeType] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            found.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)
