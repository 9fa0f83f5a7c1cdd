"""Traces as text: who did what, what changed, which promise broke and where."""

from __future__ import annotations

from proofs.policies.policy_statements import OWN
from proofs.search.replaying import Replayed, ReplayedStep, replay
from proofs.theorems import CATALOGUE
from proofs.traces import Trace

__all__ = ["render", "table"]

#: Bookkeeping that every other step changes: it says nothing to a reader.
BOOKKEEPING = ("reference_list[", "reference[", "count[")
#: Changes of one step that are shown.
SHOWN = 8
MARGIN = " " * 17

#: The traces of this process that were shown, with their texts: one run may refute many theorems.
_shown: list[tuple[Trace, str]] = []


def render(trace: Trace) -> str:
    """Run a trace and return it as a table; one that was shown before is not run again."""
    text = next((text for known, text in _shown if known is trace), None)
    if text is None:
        text = table(replay(trace))
        _shown.append((trace, text))
    return text


def table(result: Replayed, actor: str | None = None) -> str:
    """Return a run as a table; of one actor's steps, if asked."""
    lines = [*_head(result), ""]
    first = True
    for step in result.steps:
        if actor is None or step.actor == actor:
            lines += _step(step, first)
        first = first and not step.broke
    return "\n".join(lines)


def _head(result: Replayed) -> list[str]:
    trace, statement = result.trace, result.statement
    title = [] if statement is None else [f"REFUTED  {whose(statement.name)}  {statement.title}"]
    last = " and a refused one" if result.steps and result.steps[-1].refused else ""
    taken = sum(not step.refused for step in result.steps)
    how = f"from boot ({trace.platform}), {taken} steps{last} (shortest known), replayed in the model"
    return [*title, f"policy   {trace.policy}    {how}"]


def _step(step: ReplayedStep, first: bool) -> list[str]:
    """Return the lines of a step; `first` where nothing broke before it."""
    lines = [f"{step.number:3d}  {step.actor:10s}  {step.call}"]
    if step.refused:
        lines.append(f"{MARGIN}refused: {step.refused}")
    interesting = [c for c in step.changed if not c.startswith(BOOKKEEPING)]
    lines += [f"{MARGIN}{c}" for c in interesting[:SHOWN]]
    if len(interesting) > SHOWN:
        lines.append(f"{MARGIN}... and {len(interesting) - SHOWN} more")
    lines += [f"{MARGIN}{text}" for text in step.shown]
    for name in step.broke:
        lines.append(f"{MARGIN}BREAKS {whose(name)}: {name}  [{step.place}]{'  <- first' if first else ''}")
        first = False
    return lines


def whose(name: str) -> str:
    """Return which theorems a statement is a part of, or that it is the policy's own."""
    return ", ".join(t.id for t in CATALOGUE.theorems.values() if name in t.clauses) or OWN
