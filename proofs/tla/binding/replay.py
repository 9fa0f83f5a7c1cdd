"""Takes the actions of a TLA+ module as Python steps, and compares what both models show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from proofs.policies.code_references import mentioned
from proofs.search import replaying
from proofs.tla.binding.language import Binding, Call, Case, Observable, Seen, Steps
from proofs.traces import Trace
from pymodel.language.steps import Transition
from pymodel.machine import steps
from pymodel.platforms import PLATFORMS

__all__ = ["Attempt", "Disagreement", "Machine", "different"]

#: Why an action is refused whose `where` does not hold.
NOT_SO = "WHERE"
#: Why the refusal of a call is refused: Python does what was asked.
DONE = "NOT_REFUSED"


@dataclass(frozen=True)
class Attempt:
    """An action taken in Python: the state after it, the steps, what it reached; or the step that was refused, and why."""

    state: Any
    taken: list[Call] = field(default_factory=list)
    reached: frozenset[tuple[str, ...]] = frozenset()
    refused: str = ""
    step: str = ""


@dataclass(frozen=True)
class Disagreement:
    """Where the two models part: which behaviour, which of its steps, the action, what each model says."""

    direction: str
    behaviour: int
    step: int
    action: str
    tla: str
    python: str
    itf: dict[str, Any] | None = None
    """The behaviour of the module up to there."""
    trace: Trace | None = None
    """The Python steps up to there, from power-on."""

    def __str__(self) -> str:
        """Say it in one line."""
        where = f"behaviour {self.behaviour}, step {self.step}, {self.action}"
        return f"{self.direction}, {where}: TLA+ {self.tla}; Python {self.python}"


class Machine:
    """A policy's machine as a binding sees it."""

    def __init__(self, binding: Binding, policy: Any) -> None:
        """Run the binding's steps from power-on."""
        self.binding = binding
        self.transitions: dict[str, Transition] = {t.name: t for t in steps(policy)}
        self.actions = {a.name: a for a in binding.actions} | {a.name: a for v in binding.variants for a in (v.action, *v.others)}
        self.typed: dict[tuple[Any, ...], dict[str, Any]] = {}
        state = PLATFORMS[binding.platform](policy.State)
        for number, call in enumerate(binding.boot):
            state, refused = self.take(state, call)
            if refused:
                raise ValueError(f"step {number} of the way from boot, {call}, is refused: {refused}")
        self.start = state
        shapes = set(policy.State.shapes())
        self.reads = {o.name: sorted(mentioned(o.python)[0] & shapes) for o in binding.observables if o.python is not None}
        self.looked: dict[str, tuple[list[Any], frozenset[tuple[str, ...]]]] = {}
        self.by_name = {a.name: binding.cases_of(a) for a in binding.actions}

    def take(self, state: Any, call: Call) -> tuple[Any, str]:
        """Take one Python step."""
        name, given = call
        transition, key = self.transitions[name], (name, *given.items())
        if key not in self.typed:
            self.typed[key] = replaying.arguments(transition, given, 0)
        return replaying.take(transition, state, self.typed[key])

    def attempt(self, state: Any, case: Case, seen: Seen | None = None) -> Attempt:
        """Take an action; `seen` is what the module shows before it, where a part of a step must be told apart."""
        tried = self.carried_out(state, case, seen)
        if not self.actions[case.name].refusal or tried.refused == NOT_SO:
            return tried
        return Attempt(state) if tried.refused else Attempt(state, refused=DONE, step=tried.taken[-1][0])

    def carried_out(self, state: Any, case: Case, seen: Seen | None) -> Attempt:
        """Take the steps of an action."""
        action, args = self.actions[case.name], dict(case.args)
        part = action.substep(state, args, seen) if seen is not None else None
        if part is None and not action.where(state, args):
            return Attempt(state, refused=NOT_SO)
        return self.all_of(state, case, action.steps(state, args) if part is None else part)

    def all_of(self, state: Any, case: Case, wanted: Steps) -> Attempt:
        """Take steps one after another; nothing has changed if one of them is refused."""
        action, args = self.actions[case.name], dict(case.args)
        now, taken, reached = state, list[Call](), frozenset[tuple[str, ...]]()
        if action.reaches is not None and not wanted:
            reached = action.reaches(now, args)
        for number, choices in enumerate(wanted):
            if action.reaches is not None and number == len(wanted) - 1:
                reached = action.reaches(now, args)
            found = self.one_of(now, choices)
            if found.refused:
                return Attempt(state, refused=found.refused, step=found.step)
            now = found.state
            taken += found.taken
        if action.names_it and not all(set(row) <= set(args.values()) for row in reached):
            return Attempt(state, refused="ANOTHER_FRAME")
        return Attempt(now, taken, reached)

    def one_of(self, state: Any, choices: list[Call] | Any) -> Attempt:
        """Take the first of some alternatives that is not refused."""
        first = Attempt(state, refused="NOTHING_TO_DO")
        for call in choices:
            after, refused = self.take(state, call)
            if not refused:
                return Attempt(after, [call])
            first = first if first.step else Attempt(state, refused=refused, step=call[0])
        return first

    def show(self, state: Any, reached: frozenset[tuple[str, ...]]) -> Seen:
        """Return everything that is compared."""
        seen = {o.name: self.look(o, state) for o in self.binding.observables if o.python is not None}
        return seen | ({self.binding.result: reached} if self.binding.result else {})

    def look(self, o: Observable, state: Any) -> frozenset[tuple[str, ...]]:
        """Return what an observable shows: the same as the last time, if the parts of the state that it reads are the same."""
        parts = [getattr(state, name) for name in self.reads[o.name]]
        old, value = self.looked.get(o.name, ([], frozenset()))
        if len(old) != len(parts) or any(a is not b for a, b in zip(old, parts, strict=True)):
            value = o.python(state) if o.python is not None else value
            self.looked[o.name] = parts, value
        return value


def different(tla: Seen, python: Seen) -> list[tuple[str, str, str]]:
    """Return the observables in which the two models differ: name, what TLA+ shows, what Python shows."""
    names = [name for name in python if tla[name] != python[name]]
    return [(name, written(tla[name]), written(python[name])) for name in names]


def written(tuples: frozenset[tuple[str, ...]]) -> str:
    """Write a set of tuples, in order."""
    return "{" + ", ".join("<<" + ", ".join(t) + ">>" for t in sorted(tuples)) + "}"
