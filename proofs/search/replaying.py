"""Replaying a trace: every step is taken again in the model, and the statements are looked at on the way."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofs import policies
from proofs.policies import LoadedPolicy
from proofs.policies.policy_statements import stated
from proofs.search.concrete import Checker, changes
from proofs.search.power_on import Allowed, machine_of, read
from proofs.search.reaching.expressions import bind, parse
from proofs.search.scenarios.runs.parts import LONG
from proofs.statements import Kind, Statement
from proofs.traces import Trace, TraceStep, stale
from pymodel.language import outcomes
from pymodel.language import steps as transitions
from pymodel.language.outcomes import Reason, Refused
from pymodel.language.state import Record, State
from pymodel.language.steps import Transition
from pymodel.language.words import Choice
from pymodel.machine import Hypervisor, steps

__all__ = ["Replayed", "ReplayedStep", "Step", "arguments", "breaks", "outcome", "place_of_refusal", "replay", "take"]

#: In a long trace all statements are looked at only so many times; where one broke in between is found afterwards.
LOOKS = 8


@dataclass
class ReplayedStep:
    """What one step of a trace did."""

    number: int
    actor: str
    call: str
    place: str
    refused: str = ""
    changed: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    broke: list[str] = field(default_factory=list)


@dataclass
class Replayed:
    """A trace, replayed."""

    trace: Trace
    steps: list[ReplayedStep]
    broken: list[str]
    statement: Statement | None = None
    """What the trace is about."""
    taken: list[Step] = field(default_factory=list)
    """The steps with the states between them."""
    first: Any = None
    """The state in which it begins."""
    at_power_on: list[str] = field(default_factory=list)
    """What that state breaks, before any step."""


@dataclass(frozen=True)
class Step:
    """A step as it was taken: the state before it, the state after it, and the refusal if it was refused."""

    before: Any
    transition: Transition
    typed: dict[str, Any]
    after: Any
    refused: Refused | None

    @property
    def reason(self) -> Reason | None:
        """Return why it was refused."""
        return None if self.refused is None else self.refused.reason

    def described(self, number: int) -> ReplayedStep:
        """Return it in words."""
        call = f"{self.transition.name}({', '.join(f'{n} {show(v)}' for n, v in self.typed.items())})"
        if self.refused is None:
            place = f"{Path(self.transition.file).name}:{self.transition.line}"
            return ReplayedStep(number, self.transition.actor, call, place)
        return ReplayedStep(number, self.transition.actor, call, refused_at(self.refused), repr(self.reason))


def replay(trace: Trace, policy: LoadedPolicy | None = None, details: bool = True, watched: Sequence[str] = ()) -> Replayed:
    """Run a trace step by step, and say at each what changed (with `details`) and which statements broke there first.

    Without details the last step of a long trace is looked at, and the trace's own statement everywhere: a search found it, and has
    looked at the others. Of each expression that is `watched` the value after each step is shown.
    """
    loaded = policy if policy is not None else policies.load(trace.policy)
    return Replay(trace, loaded.instance(), details, watched).run()


class Replay:
    """One run of a trace, and what is known of it so far."""

    def __init__(self, trace: Trace, policy: Hypervisor, details: bool, watched: Sequence[str]) -> None:
        """Stand at power-on."""
        self.trace, self.details = trace, details
        self.transitions = {t.name: t for t in steps(policy)}
        statements = stated(policy)
        self.statement = statements.get(trace.statement)
        self.checker = Checker(list(statements.values()), policy.State)
        self.values = [(text, expression(text, policy.State)) for text in watched]
        self.first: Any = machine_of(trace, policy)
        self.state = self.first
        self.looked, self.skipped = self.state, list[tuple[ReplayedStep, Any]]()
        self.broken: list[str] = []
        total = len(trace.steps)
        self.every = 1 if total <= LONG else total // LOOKS
        self.begin = 1 if details or total <= LONG else total

    def run(self) -> Replayed:
        """Take every step."""
        out, taken = list[ReplayedStep](), list[Step]()
        at_power_on = self.broken = self.failed_at_first()
        for number, row in enumerate(self.trace.steps, 1):
            step = self.taken(row, number)
            taken.append(step)
            one = step.described(number)
            out.append(one)
            failed = self.failed(step, one)
            one.broke += [name for name in dict.fromkeys(failed) if name not in self.broken]
            self.broken = [*self.broken, *(name for name in one.broke if name not in self.broken)]
            one.shown = [f"{text} = {show(value(step.after))}" for text, value in self.values]
            self.state = step.after
        return Replayed(self.trace, out, self.broken, self.statement, taken, self.first, at_power_on)

    def failed_at_first(self) -> list[str]:
        """Return the statements that the machine breaks at power-on; one that has a name is looked at for the trace's own alone."""
        st, keys = self.statement, self.trace.keys
        known = st is not None and st.of_one_state and len(keys) == len(st.params)
        mine = [st.name] if st is not None and known and not st.function(self.first, *typed_keys(st, keys)) else []
        whole = self.trace.machine is not None or not self.trace.steps
        return list(dict.fromkeys([*mine, *(other.name for other, _ in (self.checker.broken(self.first) if whole else []))]))

    def taken(self, row: TraceStep, number: int) -> Step:
        """Take one step."""
        transition = self.transitions.get(row.name)
        if transition is None:
            raise stale(f"step {number}: there is no step called {row.name!r}")
        typed = arguments(transition, row.arguments, number)
        return Step(self.state, transition, typed, *outcome(transition, self.state, typed))

    def failed(self, step: Step, one: ReplayedStep) -> list[str]:
        """Return the statements that a step breaks; those of one state are looked at now and then, and noted where they broke."""
        failed = [] if self.statement is None or holds(self.statement, self.trace.keys, step) else [self.statement.name]
        if one.number < self.begin:
            self.looked = step.after
            return failed
        about = (step.before, step.transition.name, step.typed)
        if step.reason is None:
            one.changed = changes(step.before, step.after) if self.details else []
            failed += [st.name for st, _ in self.checker.broken_by(*about, step.after)]
        else:
            failed += [st.name for st in self.checker.broken_by_refusal(*about, step.reason)]
        self.skipped.append((one, step.after))
        if one.number % self.every == 0 or one.number == len(self.trace.steps):
            self.look()
        return failed

    def look(self) -> None:
        """Look at the last of the states not looked at yet, and note where each statement broke for the first time."""
        new = [st for st, _ in self.checker.broken(self.skipped[-1][1], self.looked) if st.name not in self.broken]
        for statement in new:
            only = self.checker.only(statement)
            where = next(one for one, state in self.skipped if only.broken(state, self.looked))
            where.broke.append(statement.name)
        self.broken = [*self.broken, *(st.name for st in new)]
        self.looked, self.skipped = self.skipped[-1][1], []


def arguments(transition: Transition, given: Any, number: int) -> dict[str, Any]:
    """Return typed arguments; where the step takes others by now, the trace is stale."""
    if set(given) != set(transition.params):
        raise stale(f"step {number}: {transition.name} takes {', '.join(transition.params) or 'no arguments'}")
    try:
        return {n: bool(given[n]) if t is bool else t(given[n]) for n, t in transition.params.items()}
    except ValueError as error:
        raise stale(f"step {number}: {error}") from error


def take(transition: Transition, state: Any, typed: dict[str, Any]) -> tuple[Any, str]:
    """Take a step: the state after it and "", or the same state and the reason of the refusal."""
    after, refused = outcome(transition, state, typed)
    return after, repr(refused.reason) if refused is not None else ""


def outcome(transition: Transition, state: Any, typed: dict[str, Any]) -> tuple[Any, Refused | None]:
    """Take a step: the state after it, or the same state and the refusal."""
    try:
        return transition(state, **typed), None
    except Refused as refused:
        return state, refused


def place_of_refusal(refused: Refused) -> tuple[str, int]:
    """Return the file and line that said no."""
    frames = traceback.extract_tb(refused.__traceback__)
    said = [f for f in frames if f.filename not in (outcomes.__file__, transitions.__file__)][-1]
    return said.filename, said.lineno or 0


def refused_at(refused: Refused) -> str:
    """Return the same, the file by its name alone."""
    file, line = place_of_refusal(refused)
    return f"{Path(file).name}:{line}"


def holds(statement: Statement, numbers: Sequence[int], step: Step) -> bool:
    """Say whether the statement that a trace is about holds of a step at the keys that the trace names."""
    if len(numbers) != len(statement.params):
        return True
    if not statement.of_one_state and (statement.kind == Kind.REFUSAL) != (step.reason is not None):
        return True
    keys = typed_keys(statement, numbers)
    said = step.after if step.reason is None else step.reason
    given = (step.after,) if statement.of_one_state else (step.before, step.transition.name, step.typed, said)
    return bool(statement.function(*given, *keys))


def breaks(trace: Trace, policy: Hypervisor, statement: Statement, allowed: Allowed) -> bool:
    """Say whether a run on a machine of its own breaks a statement at its end, and all that is assumed holds on the way."""
    known = {t.name: t for t in steps(policy)}
    state: Any = read(allowed.kind, trace.machine or {})
    if allowed.why_not(state):
        return False
    if not trace.steps:
        return statement.of_one_state and not statement.function(state, *typed_keys(statement, trace.keys))
    for number, row in enumerate(trace.steps, 1):
        typed = arguments(known[row.name], row.arguments, number)
        step = Step(state, known[row.name], typed, *outcome(known[row.name], state, typed))
        state = step.after
        if allowed.left(state):
            return False
    return step.reason is None and not holds(statement, trace.keys, step)


def typed_keys(statement: Statement, numbers: Sequence[int]) -> list[Any]:
    """Return the keys of a statement for their numbers."""
    types: list[Any] = list(statement.params.values())
    return [t.of(k) for t, k in zip(types, numbers, strict=True)]


def expression(text: str, kind: type[State]) -> Callable[[Any], Any]:
    """Return the function of a state that a reader's expression stands for."""
    return bind(parse(text), text, kind, "")


def show(value: Any) -> str:
    """Return a value as a reader likes it: a name, a number in hexadecimal where it is long, a record field by field."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Record):
        return ", ".join(f"{n} {show(getattr(value, n))}" for n in value.fields())
    if isinstance(value, Choice):
        return repr(value)
    number = int(value.raw)
    return f"{number:#x}" if number > 9 else str(number)  # noqa: PLR2004 - one digit
