"""Traces as text: a run in words, or all of it as a table: who did what, what changed, which promise broke and where."""

from __future__ import annotations

from proofs.report.refutation.screen import counted, headline, told_lines
from proofs.report.refutation.telling import Told, whose
from proofs.report.terminal import Line, state_text
from proofs.search.replaying import Replayed, ReplayedStep, replay
from proofs.theorems.operations.contract import ACCOUNT_PARTS

__all__ = ["run_lines", "table", "whole_run"]

#: Bookkeeping that every other step changes: it says nothing to a reader.
BOOKKEEPING = tuple(f"{part}[" for part in ACCOUNT_PARTS)
#: Changes of one step that are shown.
SHOWN = 8
MARGIN = " " * 17


def run_lines(told: Told) -> list[Line]:
    """Return a run in words: the verdict first, whose it is, what broke and why, its end."""
    return [*headline(told), Line(f"policy   {told.trace.policy}"), *told_lines(told)]


def whole_run(told: Told) -> list[Line]:
    """Take all of a run again, and return it as a table; nothing if it was never taken."""
    return [] if told.result is None else [Line(text) for text in table(replay(told.trace)).splitlines()]


def table(result: Replayed, actor: str | None = None) -> str:
    """Return a run as a table; of one actor's steps, if asked."""
    lines = [*_head(result), ""]
    first = not result.at_power_on
    for step in result.steps:
        if actor is None or step.actor == actor:
            lines += _step(step, first)
        first = first and not step.broke
    return "\n".join(lines)


def _head(result: Replayed) -> list[str]:
    trace, statement = result.trace, result.statement
    broken = statement is not None and statement.name in result.broken
    title = [f"REFUTED  {_of(statement.name)}  {statement.title}"] if statement is not None and broken else []
    last = " and a refused one" if result.steps and result.steps[-1].refused else ""
    taken = sum(not step.refused for step in result.steps)
    head = f"policy   {trace.policy}    {trace.start}, {counted(taken)}{last}, replayed in the model"
    machine = [f"{MARGIN}{cell}" for cell in state_text(trace.machine or {})]
    return [*title, head, *machine, *(f"{MARGIN}BREAKS {_of(name)}: {name}  [power-on]" for name in result.at_power_on)]


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
        lines.append(f"{MARGIN}BREAKS {_of(name)}: {name}  [{step.place}]{'  <- first' if first else ''}")
        first = False
    return lines


def _of(name: str) -> str:
    return ", ".join(whose(name)) or "a lemma"
