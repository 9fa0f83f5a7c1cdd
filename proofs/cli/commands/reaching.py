"""The command `reach`: whether something can happen."""

from __future__ import annotations

import sys
from pathlib import Path

from proofs.cli import output
from proofs.cli.exits import Code, Stop, after_interrupt, worst
from proofs.cli.loading import load_policy, policy_errors
from proofs.cli.settings import pick, read
from proofs.policies import REFERENCE
from proofs.report.progress import Progress
from proofs.report.refutation.telling import tell
from proofs.report.terminal import DISCLAIMER, Line
from proofs.report.trace_text import run_lines
from proofs.search.reaching.expressions import ExpressionError, parse
from proofs.search.reaching.reach import Reached
from proofs.search.reaching.reach import reach as search

__all__ = ["reach"]

STEPS = 200_000


def reach(arguments: list[str], steps: int | None, seed: int | None, save: Path | None = None) -> int:
    """Search for a run from boot to a state in which an expression is true, or say how far was searched."""
    if len(arguments) not in (1, 2):
        raise Stop(Code.INPUT, "reach takes [POLICY] EXPRESSION")
    output.check_destination(None if save is None else str(save))
    file = read()
    spec = arguments[0] if len(arguments) > 1 else file.get("policy", REFERENCE)
    limit, begin = pick(steps, "steps", file, STEPS), pick(seed, "seed", file, 0)
    try:
        parse(arguments[-1])
        with policy_errors(), output.quiet_stdout(), Progress(sys.stderr) as progress:
            found = search(load_policy(spec), arguments[-1], limit, begin, progress)
    except ExpressionError as error:
        raise Stop(Code.INPUT, str(error)) from error
    lines = [Line(f"ringfence {output.version()}. {DISCLAIMER}"), Line(f"reach    {arguments[-1]}")]
    if found.trace is None:
        return _not_reached(found, lines)
    lines = [Line(f"reached  {arguments[-1]}"), *run_lines(tell(found.trace)), lines[0]]
    written = output.write_trace(found.trace, save) if save is not None else Code.HOLDS
    return worst(output.show_results(lines, None), written)


def _not_reached(found: Reached, lines: list[Line]) -> int:
    if found.error:
        output.say(found.error)
    far = f"{found.steps:,} steps, in runs of up to {found.depth:,}, and {found.questions:,} steps with any arguments"
    told = f"not reached in {far}. This does not show that it cannot be."
    shown = output.show_results([*lines, Line(told, "yellow")], None)
    return after_interrupt() if found.interrupted else worst(Code.UNDECIDED, shown)
