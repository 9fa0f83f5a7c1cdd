"""Counterexamples of a module's faulty variants: the policy with that fault follows them, the reference does not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from proofs.policies import zoo
from proofs.search.concrete import Checker
from proofs.theorems import CATALOGUE
from proofs.tla.binding import wrapper
from proofs.tla.binding.asking import TlcError, ask
from proofs.tla.binding.behaviours import Behaviour, behaviour
from proofs.tla.binding.language import Binding, Seen, Variant
from proofs.tla.binding.replay import Disagreement, Machine
from proofs.tla.binding.toward_python import Replays, follow
from proofs.tla.engines import tlc
from proofs.tla.manifest import Model
from proofs.tla.results import Outcome

__all__ = ["Compared", "compare", "find"]

DIRECTION = "counterexample of "


@dataclass(frozen=True)
class Compared:
    """A variant: its length in steps, where and why the reference left it, which promises the zoo's policy broke with it."""

    name: str
    steps: int
    unmatched: str
    broken: list[str] = field(default_factory=list)
    found: list[Disagreement] = field(default_factory=list)


def find(tools: tlc.Tlc, binding: Binding, variant: Variant, entry: Model) -> Behaviour:
    """Return the counterexample that the manifest's entry expects, with its steps named."""
    asked: dict[str, Any] = {"constants": entry.constants, "model_values": entry.model_values, "invariants": [entry.breaks]}
    config = wrapper.configured(binding, "Counterexample", **asked) + "VIEW View\n"
    source = wrapper.counterexample(binding, variant, entry)
    violated = (Outcome.VIOLATION,)
    answer = ask(tools, entry.folder, "Counterexample", source=source, config=config, asked=[entry.breaks], outcomes=violated)
    if answer.trace is None:
        raise TlcError(f"{entry.name}: a violation without a trace")
    return behaviour(binding, 1, answer.trace)


def compare(binding: Binding, variant: Variant, run: Behaviour, reference: Any, names: Collection[str]) -> Compared:
    """Replay a counterexample on the reference and, where the zoo has it, on the policy with the fault."""
    left = follow(Restricted(binding, reference, names), run, Replays(), DIRECTION + variant.name)
    found = as_recorded(variant, run, left)
    broken: list[str] = []
    if variant.policy:
        policy, promises = zoo.faulty(variant.policy).instance(), zoo.promises(variant.policy)
        machine = Restricted(binding, policy, names)
        parted = follow(machine, run, Replays(), DIRECTION + variant.name + " on the faulty policy")
        broken = [] if parted else broken_by(machine, policy, promises, run)
        missing = not parted and not broken
        found += [parted] if parted else [nothing_broke(variant, run, promises)] if missing else []
    unmatched = f"{left.action}: Python {left.python}" if left is not None else ""
    return Compared(variant.name, len(run.moments) - 1, unmatched, broken, found)


class Restricted(Machine):
    """A machine of which only what a smaller instance has is shown."""

    def __init__(self, binding: Binding, policy: Any, names: Collection[str]) -> None:
        """Keep the names of the smaller instance."""
        super().__init__(binding, policy)
        self.hidden = set(binding.model_values) - set(names)

    def show(self, state: Any, reached: frozenset[tuple[str, ...]]) -> Seen:
        """Leave out what the smaller instance does not have."""
        seen = super().show(state, reached)
        return {name: frozenset(row for row in rows if not self.hidden & set(row)) for name, rows in seen.items()}


def as_recorded(variant: Variant, run: Behaviour, left: Disagreement | None) -> list[Disagreement]:
    """Return nothing if the reference left the counterexample where and as the map says, or followed it if that is what it says."""
    name = variant.leaves or variant.action.name
    at_fault = left is not None and run.moments[left.step].did
    if not variant.unmatched and left is None:
        return []
    if variant.unmatched and left is not None and at_fault and at_fault.name == name and left.python.startswith(variant.unmatched):
        return []
    wanted = f"the map expects at {name}: Python {variant.unmatched or 'takes it'}"
    if left is not None:
        return [replace(left, tla=f"{left.tla} ({wanted})")]
    return [Disagreement(DIRECTION + variant.name, 1, len(run.moments) - 1, "the whole run", wanted, "takes every step")]


def broken_by(machine: Machine, policy: Any, promises: Sequence[str], run: Behaviour) -> list[str]:
    """Return which of some promises are broken in a state that a policy comes through when it follows a counterexample."""
    clauses = {clause: name for name in promises for clause in CATALOGUE.theorems[name].clauses}
    checker = Checker([CATALOGUE.statements[clause] for clause in clauses], policy.State)
    state, broken = machine.start, set[str]()
    for before, after in zip(run.moments, run.moments[1:], strict=False):
        if after.did is not None:
            state = machine.attempt(state, after.did, before.seen).state
            broken |= {clauses[statement.name] for statement, _ in checker.broken(state)}
    return sorted(broken)


def nothing_broke(variant: Variant, run: Behaviour, promises: Sequence[str]) -> Disagreement:
    """Say that a policy followed a counterexample and broke none of its promises."""
    said = f"breaks none of {', '.join(promises)}"
    return Disagreement(DIRECTION + variant.name, 1, len(run.moments) - 1, "the whole run", "breaks its promise", said)
