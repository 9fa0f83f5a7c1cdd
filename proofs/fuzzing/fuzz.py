"""Fuzzing a policy: kept examples, walks at random from rich states and rounds of the stateful machine, in turn.

They check the statements that are proved, on the ordinary model; so a policy that the prover cannot run is fuzzed as well. What
breaks something is kept beside what hypothesis keeps, and the next run begins with it.
"""

from __future__ import annotations

import json
import multiprocessing
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from hypothesis.database import DirectoryBasedExampleDatabase

from proofs.fuzzing.stateful import rounds
from proofs.policies import LoadedPolicy, PolicyError, digest
from proofs.policies.policy_statements import own_theorem
from proofs.search.places import CHANGED_NOTHING, Changed, Place
from proofs.search.replaying import replay
from proofs.search.walker import Walker, traced, walker_of
from proofs.theorems import CATALOGUE
from proofs.traces import Trace, TraceError, from_json, to_json, trace_steps

__all__ = ["EXAMPLES", "Finding", "FuzzReport", "fuzz"]

#: Where examples survive between runs.
EXAMPLES = Path(".ringfence") / "examples"
#: Tried steps of one turn of walks, and examples of one round of the stateful machine.
TURN, ROUND = 20_000, 40
FOREVER = 1 << 60


@dataclass
class Finding:
    """A statement that broke, with a trace from boot."""

    statement: str
    trace: Trace


@dataclass
class FuzzReport:
    """What fuzzing found, and how far it went: steps taken, and tried (refused ones too)."""

    policy: str
    seed: int
    found: list[Finding] = field(default_factory=list)
    steps: int = 0
    tried: int = 0
    seconds: float = 0.0
    successes: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    interrupted: bool = False


@dataclass
class Task:
    """What one process is to do."""

    policy: LoadedPolicy
    clauses: set[str]
    seed: int
    limit: int
    over: Callable[[], bool]
    folder: Path


def fuzz(  # noqa: PLR0913 - what the command line offers
    policy: LoadedPolicy,
    only: Any = (),
    seconds: float | None = 10.0,
    steps: int | None = None,
    seed: int = 0,
    jobs: int = 1,
    progress: Any = None,
) -> FuzzReport:
    """Search until something breaks, the time is over, or so many steps were tried (in one process then: it can be repeated)."""
    del progress
    began = time.monotonic()
    names = {getattr(t, "id", t) for t in only}
    theorems = [*CATALOGUE.theorems.values(), *own_theorem(policy.instance())]
    clauses = {c for t in theorems for c in t.clauses if not names or t.id in names or t.area in names}

    def over() -> bool:
        return seconds is not None and time.monotonic() - began > seconds

    folder = EXAMPLES / re.sub(r"[^A-Za-z0-9_.-]", "_", policy.name)
    task = Task(policy, clauses, seed, FOREVER if steps is None else steps, over, folder)
    report = kept(task)
    if not report.found:
        report = together(task, jobs) if jobs > 1 and steps is None else alone(task)
    for found in report.found:
        database(folder).save(b"traces", json.dumps(to_json(found.trace), sort_keys=True).encode())
    report.seconds = time.monotonic() - began
    return report


def database(folder: Path) -> DirectoryBasedExampleDatabase:
    """Return the database in which a policy's examples are kept."""
    return DirectoryBasedExampleDatabase(folder)


def kept(task: Task) -> FuzzReport:
    """Replay what broke something before; forget what cannot be read any more."""
    report = FuzzReport(task.policy.name, task.seed)
    for data in sorted(database(task.folder).fetch(b"traces"), key=lambda d: (len(d), d)):
        try:
            trace = from_json(json.loads(data))
            broken = replay(trace, task.policy, details=False).broken
        except (TraceError, PolicyError, ValueError):
            database(task.folder).delete(b"traces", data)
            continue
        except Exception:  # noqa: BLE001, S112 - whatever the policy raises now, the search will meet it again
            continue
        report.steps, report.tried = report.steps + len(trace.steps), report.tried + len(trace.steps)
        hits = [name for name in broken if name in task.clauses]
        if hits:
            report.found.append(Finding(trace.statement if trace.statement in hits else hits[0], trace))
            break
    return report


def alone(task: Task) -> FuzzReport:
    """Search in this process: walks and the stateful machine in turn."""
    report = FuzzReport(task.policy.name, task.seed)
    walker = walker_of(task.policy.instance(), task.clauses, task.seed)
    turn = 0
    try:
        while walker.found.tried < task.limit and not report.found and not walker.found.error and (turn == 0 or not task.over()):
            turned(task, walker, turn, report)
            turn += 1
    except KeyboardInterrupt:
        report.interrupted = True
    report.steps, report.tried, report.successes = walker.found.steps, walker.found.tried, walker.found.successes
    report.errors += [walker.found.error] if walker.found.error else []
    return report


def turned(task: Task, walker: Walker, turn: int, report: FuzzReport) -> None:
    """Walk for a turn, and run the stateful machine for a round; note what either found."""

    def over() -> bool:
        return task.over() or walker.found.tried >= task.limit

    try:
        hit = walker.run(min(task.limit, walker.found.tried + TURN), task.over)
        if hit is None and turn % 2 and not over():
            hit = rounds(walker, ROUND, task.seed + turn, task.folder, over).hit
    except Changed as changed:
        report.found.append(Finding(CHANGED_NOTHING, changed_trace(task, changed)))
        return
    if hit is not None:
        trace = traced(walker, *hit, task.policy.spec, digest(task.policy))
        report.found.append(Finding(trace.statement, trace))


def changed_trace(task: Task, changed: Changed) -> Trace:
    """Return the trace to a step that changed the state that it was given."""
    place: Place = changed.place
    return Trace(task.policy.spec, place.platform, trace_steps(place.path), CHANGED_NOTHING, model_digest=digest(task.policy))


def together(task: Task, jobs: int) -> FuzzReport:
    """Search in several processes with seeds of their own; the first to find something ends the others."""
    context = multiprocessing.get_context("fork")
    running: dict[Any, Any] = {}
    for n in range(jobs):
        ours, theirs = context.Pipe(duplex=False)
        one = Task(task.policy, task.clauses, task.seed + 1000 * n, task.limit, task.over, task.folder)
        process = context.Process(target=_send, args=(theirs, one), daemon=True)
        process.start()
        theirs.close()
        running[ours] = process
    report = FuzzReport(task.policy.name, task.seed)
    try:
        while running and not report.found:
            for ready in wait(list(running)):
                _add(report, ready, running.pop(ready))
    except KeyboardInterrupt:
        report.interrupted = True
    finally:
        for process in running.values():
            process.terminate()
            process.join()
    return report


def _send(pipe: Any, task: Task) -> None:
    pipe.send(alone(task))


def _add(report: FuzzReport, pipe: Any, process: Any) -> None:
    try:
        one: FuzzReport = pipe.recv()
    except EOFError:
        report.errors.append("a process of the fuzzer died")
        return
    process.join()
    report.found += one.found[: 1 - len(report.found)]
    report.errors += [e for e in one.errors if e not in report.errors]
    report.steps, report.tried = report.steps + one.steps, report.tried + one.tried
    report.interrupted |= one.interrupted
    for name, count in one.successes.items():
        report.successes[name] = report.successes.get(name, 0) + count
