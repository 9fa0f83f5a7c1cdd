"""The command `conform`: the TLA+ modules and the Python model, compared by traces in both directions."""

from __future__ import annotations

import difflib
import multiprocessing
import secrets
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofs.cli import output
from proofs.cli.commands.checking import known_models, needing
from proofs.cli.exits import Code, Stop, worst
from proofs.cli.output import version
from proofs.cli.settings import cores
from proofs.report.json_report import dumps, plain
from proofs.report.progress import Progress
from proofs.report.terminal import Line, wrap
from proofs.tla.binding.asking import TlcError
from proofs.tla.binding.conform import BINDINGS, Comparison, Conformance, Way, conform
from proofs.tla.binding.declared import DECLARED
from proofs.tla.engines.tlc import Tlc, warmed
from proofs.tla.manifest import Model
from pymodel.machine import Hypervisor

__all__ = ["ConformWish", "compare"]

#: The form of the JSON.
SCHEMA = 2
BEHAVIOURS = 1000
#: Runs of TLC for a module, besides one for each of its variants.
RUNS = 4
#: A seed that nobody named is smaller than this, so that it can be typed.
SEEDS = 1_000_000


@dataclass(frozen=True)
class ConformWish:
    """What the command line asks of the comparison; None where it says nothing."""

    modules: list[str] = field(default_factory=list)
    behaviours: int | None = None
    seed: int | None = None
    jobs: int | None = None
    save: Path | None = None


def compare(wish: ConformWish, json: str | None) -> int:
    """Compare the modules that were asked for; print, save and write what came out."""
    output.check_destination(json)
    output.check_folder(wish.save)
    names = _names(wish.modules)
    seed = secrets.randbelow(SEEDS) if wish.seed is None else wish.seed
    entries = {model.name: model for model in known_models()}
    with needing():
        tools = Tlc.find()
    found: list[Conformance] = []
    runs = sum(RUNS + len(BINDINGS[name].variants) for name in names)
    with Progress(sys.stderr) as progress:
        progress.line(f"comparing {', '.join(names)}, seed {seed}")
        try:
            with warmed(tools, runs) as warm:
                tasks = [Task(name, warm, entries, wish.behaviours or BEHAVIOURS, seed) for name in names]
                for one in _compared(tasks, min(wish.jobs or cores(), len(tasks))):
                    found.append(one)
                    progress.line(f"{one.module}: compared ({one.seconds:.0f} s)")
        except TlcError as error:
            raise Stop(Code.INTERNAL, str(error)) from error
    lines = [Line(f"ringfence {version()}, seed {seed}"), *(line for one in found for line in _lines(one))]
    lines += (
        [] if wish.modules else [Line(text) for d in DECLARED.values() for text in wrap(f"{d.module}: not compared; {d.why}", 0)]
    )
    codes = [output.show_results(lines, json), *(code for one in found for code in _save(one, wish.save))]
    if json is not None:
        codes.append(output.write_json(dumps(_json(found, seed)), json))
    return worst(*codes, *map(_code, found))


@dataclass(frozen=True)
class Task:
    """What one process is to compare."""

    module: str
    tools: Tlc
    entries: dict[str, Model]
    behaviours: int
    seed: int

    def run(self) -> Conformance:
        """Compare it."""
        return conform(Comparison(self.tools, BINDINGS[self.module], self.entries, Hypervisor(), self.behaviours, self.seed))


def _compared(tasks: list[Task], jobs: int) -> Iterator[Conformance]:
    """Yield each module's comparison, in order; several at once if there is more than one job."""
    if jobs == 1:
        yield from map(Task.run, tasks)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
        yield from pool.map(Task.run, tasks)


def _names(wanted: list[str]) -> list[str]:
    for name in wanted:
        if name in DECLARED:
            raise Stop(Code.INPUT, f"{name} is not bound: {DECLARED[name].why}")
        if name not in BINDINGS:
            close = difflib.get_close_matches(name, BINDINGS, n=3, cutoff=0.4)
            raise Stop(
                Code.INPUT, f"no module called {name!r} is bound; {'close' if close else 'bound'}: {', '.join(close or BINDINGS)}"
            )
    return wanted or list(BINDINGS)


def _code(one: Conformance) -> Code:
    if one.found:
        return Code.DISAGREEMENT
    return Code.UNDECIDED if any(way.missing for way in one.ways) else Code.HOLDS


def _lines(one: Conformance) -> list[Line]:
    verdict = "the two models disagree" if one.found else "the two models agree on what was compared"
    out = [Line(f"{one.module}: {verdict} ({one.seconds:.0f} s)", "bold red" if one.found else "green")]
    out += [line for way in one.ways for line in _way_lines(way)]
    for v in one.variants:
        broken = f"; the faulty policy breaks {', '.join(v.broken)}" if v.broken else ""
        left = f"the reference leaves it at {v.unmatched}" if v.unmatched else "the reference follows it to the end"
        out += [Line(text) for text in wrap(f"{v.name}: {v.steps} steps; {left}{broken}", 2)]
    return out + [Line(text, "red") for d in one.found for text in wrap(str(d), 2)]


def _way_lines(way: Way) -> list[Line]:
    told = f"{way.direction}: {way.behaviours:,} behaviours, {way.steps:,} steps, {way.refusals:,} refusals ({way.seconds:.0f} s)"
    out = [Line(f"  {told}")]
    if way.missing:
        never = f"never taken, so nothing is known of {', '.join(way.missing)}; ask for more behaviours"
        out += [Line(text, "yellow") for text in wrap(never, 4)]
    return out


def _save(one: Conformance, folder: Path | None) -> list[int]:
    """Save what disagrees: the behaviour as ITF, the Python steps as a trace for `replay`."""
    if folder is None or not one.found:
        return []
    codes = []
    for number, d in enumerate(one.found, 1):
        name = f"{one.module}-{number:02}"
        codes += [output.write_report(dumps(d.itf), str(folder / f"{name}.itf.json"))] if d.itf is not None else []
        codes += [output.write_trace(d.trace, folder / f"{name}.json")] if d.trace is not None else []
    return codes


def _json(found: list[Conformance], seed: int) -> dict[str, Any]:
    unbound = {d.module: d.why for d in DECLARED.values()}
    return {"schema": SCHEMA, "ringfence": version(), "seed": seed, "modules": plain(found), "unbound": unbound}
