"""The command `bench`: what proving and the model cost on this machine."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from proofs.bench import bench as measured
from proofs.bench import engines as compared
from proofs.bench.by_induction import induction
from proofs.bench.by_models import search, three_checks
from proofs.cli import output
from proofs.cli.exits import Code, after_interrupt, worst
from proofs.cli.loading import select
from proofs.cli.settings import cores, pick, read
from proofs.policies import REFERENCE
from proofs.report.json_report import dumps, plain
from proofs.report.progress import Progress
from proofs.report.terminal import WIDTH, Line, wrap

__all__ = ["bench", "engines"]

#: Who is asked one question, and by what measurement.
MEASURES: dict[str, Callable[[], dict[str, Any]]] = {"induction": induction, "search": search, "three checks": three_checks}


def bench(only: list[str], quick: bool, width: bool, jobs: int | None, json: str | None) -> int:
    """Measure, and print what was measured."""
    output.check_destination(json)
    processes = pick(jobs, "jobs", read(), cores())
    chosen = select(only, REFERENCE)
    with output.quiet_stdout(), Progress(sys.stderr) as progress:
        found = measured.bench(progress, chosen, quick, width, processes)
    rows = [text for row in measured.table(found) for text in (wrap(row, 0) if len(row) > WIDTH else [row])]
    written = _written(rows, found, json)
    return after_interrupt() if found.interrupted else written


def engines(json: str | None) -> int:
    """Ask one question of three engines, and print what each established at what cost."""
    output.check_destination(json)
    with output.quiet_stdout(), Progress(sys.stderr) as progress, tempfile.TemporaryDirectory() as folder:
        found = compared.engines(progress, Path(folder), MEASURES)
    written = _written(compared.engines_table(found), found, json)
    disagree = any(row["holds"] is False for row in found.rows)
    return after_interrupt() if found.interrupted else worst(written, Code.DISAGREEMENT if disagree else Code.HOLDS)


def _written(rows: list[str], found: object, json: str | None) -> int:
    """Print rows, and write what was measured as JSON if that is wanted."""
    lines = [Line(f"ringfence {output.version()}, measured on this machine"), *map(Line, rows)]
    shown = output.show_results(lines, json)
    return worst(shown, output.write_json(dumps({"schema": 1, "ringfence": output.version(), **plain(found)}), json))
