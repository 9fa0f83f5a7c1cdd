"""The command `replay`: a saved trace run again, on the model as it is now."""

from __future__ import annotations

import sys
from pathlib import Path

from proofs.cli import output
from proofs.cli.exits import Code, Stop, worst
from proofs.cli.loading import policy_errors
from proofs.report.terminal import Line
from proofs.report.trace_text import table
from proofs.search import replaying
from proofs.search.expressions import ExpressionError
from proofs.traces import TraceError, load

__all__ = ["replay"]


def replay(path: Path, step: bool, show: list[str], actor: str | None) -> int:
    """Run a saved trace again and print it: 1 if it still breaks something, 0 if not, 2 if it is stale."""
    try:
        with policy_errors():
            result = replaying.replay(load(path), watched=show)
    except ExpressionError as error:
        raise Stop(Code.INPUT, str(error)) from error
    except TraceError as error:
        raise Stop(Code.INPUT, f"{path}: {error}") from error
    actors = {step.actor for step in result.steps}
    if actor is not None and actor not in actors:
        raise Stop(Code.INPUT, f"{path}: no step is {actor!r}'s; the steps are those of: {', '.join(sorted(actors))}")
    lines = [Line(text) for text in table(result, actor).splitlines()]
    shown = _page(lines) if step else output.show_results(lines, None)
    broken = result.broken
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
