"""Python to TLA+: recorded runs of the Python model, refusals included, are taken by TLC as behaviours of the module."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from proofs.tla.binding import wrapper
from proofs.tla.binding.asking import ask
from proofs.tla.binding.language import Binding, Case
from proofs.tla.binding.recording import Event
from proofs.tla.binding.replay import Disagreement, written
from proofs.tla.engines import tlc
from proofs.tla.results import Answer
from proofs.traces import Trace, trace_steps

__all__ = ["DIRECTION", "rejected", "where_rejected"]

DIRECTION = "Python to TLA+"
#: Runs in one run of TLC.
BATCH = 1000
ACCEPTED = re.compile(r'<<"accepted", (\d+)>>')
REACHED = re.compile(r'<<"reached", \d+, (\d+)>>')


def rejected(tools: tlc.Tlc, spec: Path, binding: Binding, runs: Sequence[list[Event]]) -> list[int]:
    """Return which runs are no behaviour of the module; they count from 0."""
    out: list[int] = []
    for first in range(0, len(runs), BATCH):
        batch = runs[first : first + BATCH]
        answer = asked(tools, spec, binding, batch, "Told")
        accepted = {int(n) for line in answer.lines for n in ACCEPTED.findall(line)}
        out += [first + n for n in range(len(batch)) if n + 1 not in accepted]
    return out


def asked(tools: tlc.Tlc, spec: Path, binding: Binding, runs: Sequence[list[Event]], invariant: str) -> Answer:
    """Have TLC look for ways through the module that take each run to its end."""
    config = wrapper.configured(binding, "Recorded", invariants=[invariant])
    return ask(tools, spec, "Recorded", source=as_module(binding, runs), config=config, asked=[invariant])


def as_module(binding: Binding, runs: Sequence[list[Event]]) -> str:
    """Write runs as a module; every value stands in it once."""
    cases: dict[Case, int] = {}
    names = [o.name for o in binding.observables if o.python is not None or o.name == binding.result]
    values: dict[str, dict[frozenset[tuple[str, ...]], int]] = {name: {} for name in names}

    def row(e: Event) -> str:
        shown = [values[n].setdefault(e.seen[n], len(values[n]) + 1) for n in names]
        number = 0 if e.case is None else cases.setdefault(e.case, len(cases) + 1)
        numbers = [number, int(e.taken), *shown]
        return f"<<{', '.join(map(str, numbers))}>>"

    texts = [", ".join(map(row, run)) for run in runs]
    tables = [[tla(binding, v) for v in values[n]] for n in names]
    return wrapper.recorded(binding, list(cases), tables, texts)


def tla(binding: Binding, value: frozenset[tuple[str, ...]]) -> str:
    """Write a set of tuples as TLA+."""
    return written(frozenset(tuple(wrapper.named(binding, name) for name in row) for row in value))


def where_rejected(tools: tlc.Tlc, spec: Path, binding: Binding, number: int, run: list[Event]) -> Disagreement:
    """Return the first event of a run that the module does not have."""
    answer = asked(tools, spec, binding, [run], "Followed")
    furthest = max(int(n) for line in answer.lines for n in REACHED.findall(line))
    event = run[furthest - 1]
    action = str(event.case) if event.case else "a step without effect: " + ", ".join(name for name, _ in event.calls)
    shown = "; ".join(f"{name} = {written(value)}" for name, value in event.seen.items())
    said = f"takes it and shows {shown}" if event.taken else "refuses it"
    module = "has no such step from any state that this run may be in" if event.taken else "allows it"
    return Disagreement(DIRECTION, number + 1, furthest, action, module, said, trace=kept(binding, run[:furthest]))


def kept(binding: Binding, run: Sequence[Event]) -> Trace:
    """Return the Python steps from power-on."""
    calls = [*binding.boot, *(call for event in run for call in event.calls)]
    return Trace("reference", binding.platform, trace_steps(calls))
