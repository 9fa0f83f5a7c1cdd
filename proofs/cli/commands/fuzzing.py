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
from proofs.report.json_report import dumps, plain, told_json
from proofs.report.progress import Progress
from proofs.report.refutation.telling import Told, tell
from proofs.report.terminal import DISCLAIMER, Line
from proofs.report.trace_text import run_lines, whole_run

__all__ = ["FuzzWish", "broken_by_fuzzing", "fuzz"]

#: The form of the JSON.
SCHEMA = 3
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
    verbose: bool = False


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
    output.check_folder(wish.save)
    report = _fuzzed(wish)
    lines: list[Line] = []
    runs = [tell(found.trace) for found in report.found]
    for told in runs:
        lines += [*run_lines(told), Line("")]
        lines += [*whole_run(told), Line("")] if wish.verbose else []
    broke = f"{len(report.found)} statements broken" if report.found else "nothing broke"
    lines.append(Line(f"{broke} in {report.steps:,} steps ({report.seconds:.1f} s, seed {report.seed})"))
    lines += [Line(f"the search ended early: {error}") for error in report.errors]
    if not report.found:
        lines.append(Line("A search at random that finds nothing proves nothing."))
    lines.append(Line(f"ringfence {version()}. {DISCLAIMER}"))
    codes = [output.show_results(lines, json), *_save(report, wish.save)]
    if json is not None:
        codes.append(output.write_json(dumps(_fuzz_json(report, runs)), json))
    codes.append(Code.REFUTED if report.found else Code.UNDECIDED if report.errors else Code.HOLDS)
    return after_interrupt() if report.interrupted else worst(*codes)


def _fuzz_json(report: FuzzReport, runs: list[Told]) -> dict[str, Any]:
    return {"schema": SCHEMA, "ringfence": version(), **plain(report), "refutations": [told_json(told) for told in runs]}


def _save(report: FuzzReport, folder: Path | None) -> list[int]:
    if folder is None:
        return []
    return [output.write_trace(f.trace, folder / f"{n:03}-{f.statement}.json") for n, f in enumerate(report.found)]


def broken_by_fuzzing(spec: str) -> list[str]:
    """Return the names of the statements that fuzzing a policy broke."""
    return sorted({found.statement for found in _fuzzed(FuzzWish(policy=spec)).found})
