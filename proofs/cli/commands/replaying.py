"""The command `replay`: a saved trace run again, on the model as it is now."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from proofs.cli import output
from proofs.cli.exits import Code, Stop, worst
from proofs.cli.loading import load_policy, policy_errors
from proofs.report.refutation.telling import tell
from proofs.report.terminal import Line
from proofs.report.trace_text import run_lines, table
from proofs.search import replaying
from proofs.search.reaching.expressions import ExpressionError
from proofs.traces import TraceError, load, resolved

__all__ = ["ReplayWish", "replay"]


@dataclass(frozen=True)
class ReplayWish:
    """How the command line wants a trace to be shown."""

    step: bool = False
    show: list[str] = field(default_factory=list)
    actor: str | None = None
    policy: str | None = None
    verbose: bool = False

    @property
    def whole(self) -> bool:
        """Say whether each step is shown."""
        return self.verbose or self.step or bool(self.show) or self.actor is not None


def replay(path: Path, wish: ReplayWish) -> int:
    """Run a saved trace again and print it: 1 if it still breaks something, 0 if not, 2 if it is stale."""
    try:
        trace = resolved(load(path), path.parent)
        trace = trace if wish.policy is None else replace(trace, policy=wish.policy)
        with policy_errors(), output.quiet_stdout():
            policy = load_policy(trace.policy)
            result = replaying.replay(trace, policy, wish.whole, wish.show)
    except ExpressionError as error:
        raise Stop(Code.INPUT, str(error)) from error
    except TraceError as error:
        raise Stop(Code.INPUT, f"{path}: {error}") from error
    actors = {step.actor for step in result.steps}
    if wish.actor is not None and wish.actor not in actors:
        raise Stop(Code.INPUT, f"{path}: no step is {wish.actor!r}'s; the steps are those of: {', '.join(sorted(actors))}")
    lines = [Line(t) for t in table(result, wish.actor).splitlines()] if wish.whole else run_lines(tell(trace, policy, result))
    broken = result.broken
    verdict = Line(f"still breaks {', '.join(broken)}", "bold red") if broken else Line("breaks nothing any more", "green")
    if not broken:
        return worst(output.show_results([verdict], None), _page(lines) if wish.step else output.show_results(lines, None))
    shown = _page(lines) if wish.step else output.show_results(lines, None)
    return worst(shown, output.show_results([verdict], None), Code.REFUTED)


def _page(lines: list[Line]) -> int:
    """Print line by line, and wait for Enter after each where someone is there to press it."""
    codes = []
    for line in lines:
        codes.append(output.show_results([line], None))
        if sys.stdin.isatty():
            sys.stdin.readline()
    return worst(*codes)
