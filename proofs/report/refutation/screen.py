"""The first screen of a refuted policy: the verdict, whose it is, what broke and why, the end of the run, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from proofs.policies import REFERENCE
from proofs.policies.files import shown_place
from proofs.report.refutation.telling import Told, ToldStep
from proofs.report.terminal import Line, wrap
from proofs.theorems import CATALOGUE

if TYPE_CHECKING:
    from proofs.report.refutation.contracts import BrokenContract

__all__ = ["contract_lines", "counted", "folded_header", "headline", "next_lines", "told_lines", "whole_header"]

#: How the parts of a policy's header are called, with the field of a report that has them.
PARTS = (
    ("overridden", "overrides"),
    ("added", "adds"),
    ("stated", "states"),
    ("assumed", "assumes"),
    ("widened", "widens"),
    ("excused", "excuses"),
)
INDENT, WORD, CHANGE = 9, 22, 24


def headline(told: Told, theorem: str = "", title: str = "") -> list[Line]:
    """Return the verdict: the promise that a run breaks, in English; nothing if it breaks none."""
    if not told.broken:
        return []
    known = theorem or next(iter(told.theorems), "")
    promise = title or (CATALOGUE.theorems[known].title if known in CATALOGUE.theorems else told.promise)
    return [Line(text, "bold red") for text in wrap(promise, INDENT, f"REFUTED  {known or told.statement} ")]


def folded_header(policy: str, facts: Mapping[str, list[dict[str, str]]]) -> Line:
    """Return the policy with its header as counts."""
    counts = ", ".join(f"{word} {len(facts[name])}" for name, word in PARTS if facts.get(name))
    return Line(f"policy   {policy}: {counts}" if counts else f"policy   {policy}")


def whole_header(policy: str, facts: Mapping[str, list[dict[str, str]]]) -> list[Line]:
    """Return the policy with its whole header."""
    lines = [Line(f"policy   {policy}")]
    for name, word in PARTS:
        for number, fact in enumerate(facts.get(name, [])):
            told = " ".join(
                part for part in (f"{fact['name']}:" if fact.get("reason") else fact["name"], fact.get("reason", "")) if part
            )
            file, _, line = fact.get("place", "").rpartition(":")
            place = f" ({shown_place(file, int(line))})" if file else ""
            style = "magenta" if name in ("assumed", "widened", "excused") else ""
            lines += [Line(text, style) for text in wrap(told + place, INDENT + 1, "" if number else word)]
    return lines


def contract_lines(broken: Iterable[BrokenContract]) -> list[Line]:
    """Return the decisions that break their contracts."""
    lines = []
    for one in broken:
        values = ", ".join(f"{name}={value}" for name, value in one.values.items())
        said = f"answers {one.answer} for {values}; the reference's answers {one.usual}" if values else f"answers {one.answer}"
        lines += labelled("decision", f"{one.decision} breaks its contract (POL-2): {one.place} {said}", "bold red")
        lines += labelled("", f"contract: {one.english}")
    return lines


def labelled(label: str, text: str, style: str = "") -> list[Line]:
    """Return a text with a label in the margin; nothing if there is none."""
    return [Line(one, style) for one in wrap(text, INDENT, label)] if text else []


def told_lines(told: Told) -> list[Line]:
    """Return a run in words: what broke and by what, what contradicts the promise, why, and the end of the run."""
    lines: list[Line] = []
    for number, where in enumerate(told.where):
        lines += labelled("" if number else "line", where)
    if told.broken:
        lines += labelled(
            "broken", f"by {told.by}: {told.promise}" + (f" ({told.statement})" if told.statement not in told.promise else "")
        )
        lines += labelled("found", told.cells)
    lines += labelled("why", told.why)
    return [*lines, Line(""), *run_lines(told)]


def run_lines(told: Told) -> list[Line]:
    """Return the run: its set-up folded, the steps that matter, what the roles stand for."""
    lines = [Line(f"The run, {told.trace.start}: {counted(told.steps)}, replayed in the model"), *machine_lines(told)]
    if told.folded:
        lines += [Line(text) for text in wrap(f"set-up: {told.folded} step{'s' * (told.folded > 1)}: {told.setup}", 5)]
    previous = told.shown[0].number - 1 if told.shown else 0
    for step in told.shown:
        lines += [Line(f"     ... {step.gap}")] if step.number > previous + 1 else []
        lines += step_lines(step)
        previous = step.number
    return lines + ([Line(text) for text in wrap(f"where {told.legend}", 6)] if told.legend else [])


def counted(steps: int) -> str:
    """Return how many steps a run has."""
    return f"{steps or 'no'} step{'s' * (steps != 1)}"


def machine_lines(told: Told) -> list[Line]:
    """Return the machine that a run has for itself, cell by cell."""
    if told.trace.machine is None:
        return []
    rest = f"every {'other ' if told.machine else ''}cell is as it is by default"
    return [Line(text) for cell in [*told.machine, rest] for text in wrap(cell, 7, " " * 5)]


def step_lines(step: ToldStep) -> list[Line]:
    """Return the lines of a step."""
    mark = f"   <- {step.differs}" if step.differs else ""
    lines = [Line(text, "bold" if mark else "") for text in wrap(f"{step.call}{mark}", 17, f"{step.number:3d}  {step.actor:<10} ")]
    lines += [Line(" " * 17 + f"refused: {step.refused}")] if step.refused else []
    lines += [Line(text) for change in step.changes for text in wrap(change, 23, " " * 19)]
    if step.breaks:
        lines += [Line(text, "red") for text in wrap("BREAKS " + ", ".join(step.breaks), 24, " " * 17)]
    return lines


def next_lines(policy: str, saved: list[str]) -> list[Line]:
    """Return what to do next; `saved` are the files of the runs."""
    spec = "" if policy == REFERENCE else f" {policy}"
    replayed = (
        f"ringfence replay {saved[0]}" if saved else f"ringfence prove{spec} --save DIR keeps this run for `ringfence replay`"
    )
    return labelled("next", f"{replayed}; ringfence fuzz{spec}; -v: the whole run, every theorem and obligation")
