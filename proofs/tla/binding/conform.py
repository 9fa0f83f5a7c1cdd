"""Compares the TLA+ modules with the Python model in both directions, and with what the map expects of faulty variants."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from proofs.tla.binding import behaviours, recording, toward_python, toward_tla, variants, wrapper
from proofs.tla.binding.asking import ask
from proofs.tla.binding.language import Binding
from proofs.tla.binding.maps import (
    device_assignment,
    fault_restart,
    hypercalls,
    invalidation_queue,
    isolation,
    stale_translations,
    tags_and_tables,
)
from proofs.tla.binding.replay import Disagreement, Machine
from proofs.tla.engines import tlc
from proofs.tla.manifest import Model
from proofs.tla.results import Outcome

__all__ = ["BINDINGS", "Conformance", "Way", "conform"]

#: The modules that are bound.
BINDINGS: dict[str, Binding] = {
    b.module: b
    for b in (
        isolation.BINDING,
        stale_translations.BINDING,
        tags_and_tables.BINDING,
        invalidation_queue.BINDING,
        device_assignment.BINDING,
        fault_restart.BINDING,
        hypercalls.BINDING,
    )
}
#: Steps of a recorded run without its refusals; disagreements of one kind that are told.
LENGTH, MOST = 10, 3


@dataclass
class Way:
    """One direction: behaviours, steps taken of each action, refusals that were compared, actions never taken, seconds."""

    direction: str
    behaviours: int
    actions: dict[str, int]
    refusals: int
    missing: list[str]
    seconds: float

    @property
    def steps(self) -> int:
        """Return how many steps were compared."""
        return sum(self.actions.values())


@dataclass
class Conformance:
    """A module compared with the Python model."""

    module: str
    seed: int
    ways: list[Way] = field(default_factory=list)
    variants: list[variants.Compared] = field(default_factory=list)
    found: list[Disagreement] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Comparison:
    """What is compared with what, and how much of it."""

    tools: tlc.Tlc
    binding: Binding
    entries: Mapping[str, Model]
    policy: Any
    count: int
    seed: int


def conform(asked: Comparison) -> Conformance:
    """Compare in both directions, and with what the map expects of faulty variants."""
    began = time.monotonic()
    out = Conformance(asked.binding.module, asked.seed)
    machine = Machine(asked.binding, asked.policy)
    for part in (covered, started, replayed, recorded, _variants):
        part(asked, machine, out)
    out.seconds = time.monotonic() - began
    return out


def covered(asked: Comparison, _machine: Machine, out: Conformance) -> None:
    """Search a small instance for a step that is no action of the map."""
    binding = asked.binding
    small = replace(binding, constants={**binding.constants, **binding.small})
    config = wrapper.configured(small, "Covered", specification="Spec", properties=["Declared"])
    folder, either = asked.entries[binding.module].folder, (Outcome.PASS, Outcome.VIOLATION)
    source = wrapper.covered(small)
    answer = ask(asked.tools, folder, "Covered", source=source, config=config, asked=["Declared"], outcomes=either)
    if answer.trace is not None:
        last = answer.trace.steps[-1]
        where = f"{last.action} ({last.place})"
        out.found.append(Disagreement("the map", 1, len(answer.trace.steps) - 1, where, "takes a step", "has no such action"))


def started(asked: Comparison, _machine: Machine, out: Conformance) -> None:
    """Have TLC find a way to the state that the map starts in, if that is not an initial one."""
    binding = asked.binding
    if binding.start == "Init":
        return
    config = wrapper.configured(binding, "Covered", specification="Spec", invariants=["NeverStarts"])
    folder, either = asked.entries[binding.module].folder, (Outcome.PASS, Outcome.VIOLATION)
    source = wrapper.covered(binding)
    answer = ask(asked.tools, folder, "Covered", source=source, config=config, asked=["NeverStarts"], outcomes=either)
    if answer.outcome == Outcome.PASS:
        out.found.append(Disagreement("the map", 1, 0, "the start", "never comes to this state", "starts there"))


def replayed(asked: Comparison, machine: Machine, out: Conformance) -> None:
    """Replay behaviours of the module in Python."""
    began = time.monotonic()
    spec = asked.entries[asked.binding.module].folder
    made = behaviours.generate(asked.tools, spec, asked.binding, asked.count, asked.binding.steps + 1, asked.seed)
    found = toward_python.replay_all(machine, made, MOST)
    out.ways.append(_way(asked, toward_python.DIRECTION, found.behaviours, found.actions, found.refusals, began))
    out.found += found.found


def recorded(asked: Comparison, machine: Machine, out: Conformance) -> None:
    """Have TLC take recorded runs of Python as behaviours of the module."""
    began = time.monotonic()
    spec = asked.entries[asked.binding.module].folder
    made = recording.record(machine, asked.count, LENGTH, asked.seed)
    wrong = toward_tla.rejected(asked.tools, spec, asked.binding, made.runs)
    out.ways.append(_way(asked, toward_tla.DIRECTION, len(made.runs), made.actions, made.refusals, began))
    for number in wrong[:MOST]:
        out.found.append(toward_tla.where_rejected(asked.tools, spec, asked.binding, number, made.runs[number]))


def _way(  # noqa: PLR0913, PLR0917 - the facts of one direction
    asked: Comparison, direction: str, count: int, actions: Counter[str], refusals: int, began: float
) -> Way:
    own = direction == toward_tla.DIRECTION
    missing = [a.name for a in asked.binding.actions if not actions[a.name] and not (own and a.inner)]
    return Way(direction, count, dict(actions), refusals, missing, time.monotonic() - began)


def _variants(asked: Comparison, _machine: Machine, out: Conformance) -> None:
    for variant in asked.binding.variants:
        entry = asked.entries[variant.name]
        run = variants.find(asked.tools, asked.binding, variant, entry)
        compared = variants.compare(asked.binding, variant, run, asked.policy, entry.model_values)
        out.variants.append(compared)
        out.found += compared.found
