"""The command `fuzz`: a policy run at random, and every theorem watched."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofs.cli import output
from proofs.cli.exits import Code, after_interrupt, worst
from proofs.cli.loading import load_policy, policy_errors, select
from proofs.cli.output import version
from proofs.cli.settings import cores, pick, read
from proofs.fuzzing import fuzz as fuzzer
from proofs.fuzzing.fuzz import FuzzReport
from proofs.policies import REFERENCE
from proofs.report.json_report import dumps, plain
from proofs.report.progress import Progress
from proofs.report.terminal import DISCLAIMER, Line
from proofs.report.trace_text import render
from proofs.traces import to_json

__all__ = ["FuzzWish", "broken_by_fuzzing", "fuzz"]

#: The form of the JSON.
SCHEMA = 2
SECONDS = 10.0


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


def _fuzzed(wish: FuzzWish) -> FuzzReport:
    file = read()
    steps = wish.steps if wish.steps is not None else file.get("steps")
    seconds = wish.seconds if wish.seconds is not None else file.get("seconds", None if steps else SECONDS)
    spec = pick(wish.policy, "policy", file, REFERENCE)
    only = select(wish.only or file.get("only", []), spec)
    with policy_errors(), output.quiet_stdout(), Progress(sys.stderr) as progress:
        return fuzzer.fuzz(
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


def _fuzz_json(report: FuzzReport) -> dict[str, Any]:
    return {"schema": SCHEMA, "ringfence": version(), **plain(report)}


def _save(report: FuzzReport, folder: Path | None) -> list[int]:
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
