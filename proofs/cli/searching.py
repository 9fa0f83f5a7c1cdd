"""The commands that run the ordinary model: `fuzz`, `reach`, `replay`, `bench`."""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofs.cli import output
from proofs.cli.exits import Code, Stop, after_interrupt, worst
from proofs.cli.parts import REFERENCE, load_policy, part, policy_errors, select
from proofs.cli.proving import cores, version
from proofs.cli.settings import pick, read
from proofs.report.json_report import dumps, plain
from proofs.report.progress import Progress
from proofs.report.terminal import DISCLAIMER, WIDTH, Line, wrap
from proofs.report.trace_text import render, table
from proofs.search.replaying import replay as replaying
from proofs.traces import TraceError, load, to_json

__all__ = ["FuzzWish", "bench", "broken_by_fuzzing", "fuzz", "reach", "replay"]

#: The form of the JSON of `fuzz`.
FUZZ_SCHEMA = 2
SECONDS = 10.0
REACH_STEPS = 200_000


@dataclass(frozen=True)
class FuzzWish:
    """What the command line asks of the fuzzer; None where it says nothing."""

    policy: str | None = None
    only: list[str] = field(default_factory=list)
    seconds: float | None = None
    steps: int | None = None
    seed: int | None = None
    jobs: int | None = None
    save: Path | None = None


def _fuzzed(wish: FuzzWish) -> Any:
    file = read()
    steps = wish.steps if wish.steps is not None else file.get("steps")
    seconds = wish.seconds if wish.seconds is not None else file.get("seconds", None if steps else SECONDS)
    spec = pick(wish.policy, "policy", file, REFERENCE)
    only = select(wish.only or file.get("only", []), spec)
    with policy_errors(), output.quiet_stdout(), Progress(sys.stderr) as progress:
        return part("fuzzing.fuzz").fuzz(
            load_policy(spec),
            only=only,
            seconds=seconds,
            steps=steps,
            seed=pick(wish.seed, "seed", file, 0),
            jobs=pick(wish.jobs, "jobs", file, cores()),
            progress=progress,
        )


def fuzz(wish: FuzzWish, json: str | None) -> int:
    """Run a policy at random; print and save what breaks."""
    output.check_destination(json)
    report = _fuzzed(wish)
    lines = [Line(f"ringfence {version()}. {DISCLAIMER}")]
    for found in report.found:
        lines += [Line(text) for text in render(found.trace).splitlines()] + [Line("")]
    broke = f"{len(report.found)} statements broken" if report.found else "nothing broke"
    lines.append(Line(f"{broke} in {report.steps:,} steps ({report.seconds:.1f} s, seed {report.seed})"))
    lines += [Line(f"the search ended early: {error}") for error in report.errors]
    if not report.found:
        lines.append(Line("A search at random that finds nothing proves nothing."))
    codes = [output.show_results(lines, json), *_save(report, wish.save)]
    if json is not None:
        codes.append(output.write_json(dumps(_fuzz_json(report)), json))
    codes.append(Code.REFUTED if report.found else Code.UNDECIDED if report.errors else Code.HOLDS)
    return after_interrupt() if report.interrupted else worst(*codes)


def _fuzz_json(report: Any) -> dict[str, Any]:
    return {"schema": FUZZ_SCHEMA, "ringfence": version(), **plain(report)}


def _save(report: Any, folder: Path | None) -> list[int]:
    if folder is None:
        return []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        output.say(f"{folder}: the traces could not be saved: {error.strerror or error}")
        return [Code.INPUT]
    files = ((folder / f"{number:03}-{found.statement}.json", found.trace) for number, found in enumerate(report.found))
    return [output.write_report(dumps(to_json(trace)), str(file)) for file, trace in files]


def broken_by_fuzzing(spec: str) -> list[str]:
    """Return the names of the statements that fuzzing a policy broke."""
    return sorted({found.statement for found in _fuzzed(FuzzWish(policy=spec)).found})


def reach(arguments: list[str], steps: int | None, seed: int | None, save: Path | None = None) -> int:
    """Search for a run from boot to a state in which an expression is true, or say how far was searched."""
    if len(arguments) not in (1, 2):
        raise Stop(Code.INPUT, "reach takes [POLICY] EXPRESSION")
    output.check_destination(None if save is None else str(save))
    file = read()
    spec = arguments[0] if len(arguments) > 1 else file.get("policy", REFERENCE)
    checker = part("search.reach")
    try:
        checker.parse(arguments[-1])
        limit, begin = pick(steps, "steps", file, REACH_STEPS), pick(seed, "seed", file, 0)
        with policy_errors(), output.quiet_stdout(), Progress(sys.stderr) as progress:
            found = checker.reach(load_policy(spec), arguments[-1], limit, begin, progress)
    except checker.ExpressionError as error:
        raise Stop(Code.INPUT, str(error)) from error
    lines = [Line(f"ringfence {version()}. {DISCLAIMER}"), Line(f"reach    {arguments[-1]}")]
    if found.trace is not None:
        lines += [Line(text) for text in render(found.trace).splitlines()]
        written = output.write_report(dumps(to_json(found.trace)), str(save)) if save is not None else Code.HOLDS
        return worst(output.show_results(lines, None), written)
    if found.error:
        output.say(found.error)
    far = f"{found.steps:,} steps, in runs of up to {found.depth:,}, and {found.questions:,} steps with any arguments"
    told = f"not reached in {far}. This does not show that it cannot be."
    shown = output.show_results([*lines, Line(told, "yellow")], None)
    return after_interrupt() if found.interrupted else worst(Code.UNDECIDED, shown)


def replay(path: Path, step: bool, show: list[str], actor: str | None) -> int:
    """Run a saved trace again and print it: 1 if it still breaks something, 0 if not, 2 if it is stale."""
    try:
        result = replaying(load(path), watched=show)
        actors = {step.actor for step in result.steps}
        if actor is not None and actor not in actors:
            raise Stop(Code.INPUT, f"{path}: no step is {actor!r}'s; the steps are those of: {', '.join(sorted(actors))}")
        text = table(result, actor)
    except part("search.reach").ExpressionError as error:
        raise Stop(Code.INPUT, str(error)) from error
    except TraceError as error:
        raise Stop(Code.INPUT, f"{path}: {error}") from error
    lines = [Line(t) for t in text.splitlines()]
    shown = _page(lines) if step else output.show_results(lines, None)
    broken = list(result.broken)
    verdict = Line(f"still breaks {', '.join(broken)}", "bold red") if broken else Line("breaks nothing any more", "green")
    return worst(shown, output.show_results([verdict], None), Code.REFUTED if broken else Code.HOLDS)


def _page(lines: list[Line]) -> int:
    """Print line by line, and wait for Enter after each where someone is there to press it."""
    codes = []
    for line in lines:
        codes.append(output.show_results([line], None))
        if sys.stdin.isatty():
            sys.stdin.readline()
    return worst(*codes)


def bench(only: list[str], quick: bool, width: bool, jobs: int | None, json: str | None) -> int:
    """Measure, and print what was measured."""
    output.check_destination(json)
    file = read()
    processes = pick(jobs, "jobs", file, cores())
    chosen = select(only, REFERENCE)
    with output.quiet_stdout(), Progress(sys.stderr) as progress:
        checker = part("bench.bench")
        found = checker.bench(progress, chosen, quick, width, processes)
    lines = [Line(f"ringfence {version()}, measured on this machine")]
    lines += [Line(text) for row in checker.table(found) for text in (wrap(row, 0) if len(row) > WIDTH else [row])]
    codes = [output.show_results(lines, json)]
    if json is not None:
        codes.append(output.write_json(dumps({"schema": 1, "ringfence": version(), **dataclasses.asdict(found)}), json))
    return after_interrupt() if found.interrupted else worst(*codes)


def engines(json: str | None) -> int:
    """Ask one question of three engines, and print what each established at what cost."""
    output.check_destination(json)
    checker = part("bench.engines")
    with output.quiet_stdout(), Progress(sys.stderr) as progress, tempfile.TemporaryDirectory() as folder:
        found = checker.engines(progress, Path(folder))
    lines = [Line(f"ringfence {version()}, measured on this machine"), *(Line(row) for row in checker.engines_table(found))]
    codes = [output.show_results(lines, json)]
    if json is not None:
        codes.append(output.write_json(dumps({"schema": 1, "ringfence": version(), **dataclasses.asdict(found)}), json))
    disagree = any(row["holds"] is False for row in found.rows)
    return after_interrupt() if found.interrupted else worst(*codes, Code.DISAGREEMENT if disagree else Code.HOLDS)
