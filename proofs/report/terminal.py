"""Results as text, for people: what is assumed first, then each theorem, then what failed and how, the summary last."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from rich.console import Console
from rich.text import Text

from proofs.traces import Trace
from proofs.verdicts import OF_FAILURE, Counterexample, Obligation, ObligationVerdict, ProveReport, TheoremResult, Verdict

__all__ = ["DISCLAIMER", "Line", "prove_lines", "show", "wrap"]

#: Stands on the first screen of everything that a reader may take for a claim.
DISCLAIMER = "These are proofs about a model, not about your code."

WIDTH = 110
INDENT = 22
CELLS = 30

STYLES: dict[str, str] = {
    Verdict.PROVED: "green",
    Verdict.REFUTED: "bold red",
    ObligationVerdict.DISAGREEMENT: "bold red",
    Verdict.NOT_INDUCTIVE: "yellow",
    Verdict.VACUOUS: "yellow",
    Verdict.UNKNOWN: "yellow",
    Verdict.BOUNDED: "cyan",
    Verdict.OPEN: "cyan",
}

Render = Callable[[Trace], str]


@dataclass(frozen=True)
class Line:
    """A line of text, and the colour for a terminal that has colours."""

    text: str
    style: str = ""


def show(lines: Iterable[Line], stream: IO[str]) -> None:
    """Print lines; colours only where the stream is a terminal."""
    if not stream.isatty():
        stream.write("".join(line.text.rstrip() + "\n" for line in lines))
        return
    console = Console(file=stream, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text(line.text.rstrip(), style=line.style))


def wrap(text: str, indent: int, first: str = "") -> list[str]:
    """Break a text to the page's width; `first` stands in the margin of its first line."""
    margin = " " * indent
    start = first.ljust(indent) if len(first) < indent or not first else first + " "
    return textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=margin) or [start.rstrip()]


def prove_lines(report: ProveReport, clauses: Mapping[str, Mapping[str, str]], render: Render) -> list[Line]:
    """Return a report of `prove` as text; `clauses` gives each theorem's statements with their English."""
    lines = _head(report)
    for result in report.theorems:
        lines += theorem_lines(result, clauses.get(result.id, {}))
    refuted = [r for r in report.theorems if r.counterexample is not None]
    for result in refuted:
        lines += _counterexample(result, report.theorems, render)
    for failure in report.failures:
        lines += failure_lines(failure)
    return [*lines, *_dead(report), *_notes(report), Line(""), *_summary(report)]


def _head(report: ProveReport) -> list[Line]:
    lines = [
        Line(f"ringfence {report.ringfence}. {DISCLAIMER}"),
        Line(f"policy   {report.policy}"),
        Line(f"model    {report.model_digest}"),
    ]
    for number, fact in enumerate(report.assumed):
        lines += [Line(t, "magenta") for t in wrap(assumption_text(fact), 9, "" if number else "assumed")]
    if not report.assumed:
        lines.append(Line("assumed  nothing beyond what stands beside each theorem"))
    for what, facts in (("excuses", report.excused), ("widens", report.widened)):
        for number, fact in enumerate(facts):
            lines += [Line(t, "magenta") for t in wrap(assumption_text(fact), 9, "" if number else what)]
    return [*lines, Line("")]


def assumption_text(fact: Mapping[str, str]) -> str:
    """Return an assumption, an excuse or a widening in one line: its name, its reason, its place."""
    name = fact.get("name") or fact.get("id") or ""
    reason = fact.get("reason") or fact.get("text") or fact.get("title") or ""
    place = f"{fact['file']}:{fact.get('line', '?')}" if fact.get("file") else fact.get("place", "")
    return " ".join(part for part in (f"{name}:" if name else "", reason, f"({place})" if place else "") if part)


def theorem_lines(result: TheoremResult, clauses: Mapping[str, str]) -> list[Line]:
    """Return the lines of one theorem; where it is open in part, each clause says whether it is proved."""
    style = STYLES.get(result.verdict, "")
    lines = [Line(t, style) for t in wrap(result.title, INDENT, f"{result.verdict:<13} {result.id}")]
    lines += [Line(t) for t in wrap(_evidence(result, stated=bool(clauses)), INDENT)]
    if result.verdict in (Verdict.PROVED, Verdict.OPEN) and (result.open or result.verdict == Verdict.OPEN):
        settled = clauses if result.obligations else {}
        for name, english in settled.items():
            lines += [Line(t, "green") for t in wrap(f"{name}: {english}", INDENT + 8, " " * INDENT + Verdict.PROVED)]
    for text in result.open:
        lines += [Line(t, "cyan") for t in wrap(text, INDENT + 8, " " * INDENT + Verdict.OPEN)]
    if result.reason:
        lines += [Line(t, style) for t in wrap(result.reason, INDENT + 8, " " * INDENT + "why")]
    return lines


def _evidence(result: TheoremResult, stated: bool) -> str:
    counted = [
        f"{result.obligations:,} obligations ({result.framed:,} framed)",
        f"{result.witnesses:,} witnesses",
        *([f"{name} {version}" for name, version in sorted(result.solvers.items())]),
        f"{result.seconds:.1f} s",
    ]
    assumes = f"; assumes {', '.join(result.assumes)}" if result.assumes else ""
    assumes += f"; weakened by {', '.join(result.weakened)}" if result.weakened else ""
    if not result.obligations:
        nothing = "nothing of it is stated over the model yet"
        return (nothing if result.verdict == Verdict.OPEN and not stated else "no obligation of it was decided") + assumes
    return ", ".join(counted) + assumes


def same_run(one: Counterexample, other: Counterexample) -> bool:
    """Say whether two counterexamples are one: a run may refute many theorems."""
    return one is other or (one.trace is not None and one.trace is other.trace)


def _counterexample(result: TheoremResult, results: list[TheoremResult], render: Render) -> list[Line]:
    shown = result.counterexample
    if shown is None:
        return []
    first = next(r.id for r in results if r.counterexample is not None and same_run(r.counterexample, shown))
    boot = "from boot" if shown.from_boot else "from a state that may never arise"
    known = " (shortest)" if shown.shortest else ""
    head = f"{result.verdict.upper()}  {result.id}  {result.title}  [{shown.statement}, {boot}{known}]"
    lines = [Line(""), *(Line(t, STYLES.get(result.verdict, "")) for t in wrap(head, 0))]
    if first != result.id:
        return [*lines, Line(f"    the run shown under {first}")]
    return [*lines, *(Line(text) for text in counterexample_text(shown, render))]


def counterexample_text(shown: Counterexample, render: Render) -> list[str]:
    """Return a counterexample as lines: the trace, or the state and the step."""
    if shown.trace is not None:
        return render(shown.trace).splitlines()
    return cti_text(shown.cti) if shown.cti is not None else []


def failure_lines(failure: Obligation) -> list[Line]:
    """Return the lines of an obligation that does not hold."""
    head = f"{failure.step} against {failure.statement} ({failure.seconds:.1f} s, {failure.cost:,} solver units)"
    verdict = OF_FAILURE[failure.verdict]
    lines = [Line("")] + [Line(t, STYLES[verdict]) for t in wrap(head, 14, verdict)]
    lines += [Line(t) for t in wrap(failure.where, 14)] if failure.where else []
    return lines + [Line(" " * 14 + text) for text in (cti_text(failure.cti) if failure.cti else [])]


def cti_text(cti: Mapping[str, Any]) -> list[str]:
    """Return a state and a step that break a statement, leaf by leaf."""
    arguments = ", ".join(f"{name}={value}" for name, value in dict(cti.get("arguments") or {}).items())
    broken = [str(item) for item in cti.get("broken") or []]
    cells = state_text(cti.get("state") or {})
    more = [f"... {len(cells) - CELLS} more cells (all of them in --json)"] if len(cells) > CELLS else []
    return [
        *([f"arguments: {arguments}"] if arguments else []),
        *(f"breaks: {item}" for item in broken),
        *(["before:"] if cells else []),
        *(f"  {cell}" for cell in cells[:CELLS] + more),
    ]


def state_text(state: Mapping[str, Any]) -> list[str]:
    """Return the cells of a saved state that differ from their default."""
    lines = []
    for name, part in state.items():
        if isinstance(part, Sequence) and not isinstance(part, str):
            for cell in part:
                key = ", ".join(str(k) for k in cell["key"])
                lines.append(f"{name}[{key}]  {_fields(cell['is'])}")
        elif isinstance(part, Mapping):
            lines.append(f"{name}  {_fields(part)}")
    return lines


def _fields(record: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in record.items())


def _dead(report: ProveReport) -> list[Line]:
    if not report.dead:
        return []
    text = "A hypervisor that refuses is safe and useless. No run was found in which these succeed: "
    return [Line(""), *(Line(t, "yellow") for t in wrap(text + ", ".join(report.dead), 0))]


def _notes(report: ProveReport) -> list[Line]:
    return [Line(t) for note in report.notes for t in wrap(note, 9, "note")]


def _summary(report: ProveReport) -> list[Line]:
    counts = {verdict: sum(r.verdict == verdict for r in report.theorems) for verdict in reversed(Verdict)}
    told = ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n) or "nothing was decided"
    work = f"{report.obligations:,} obligations ({report.framed:,} framed) in {report.seconds:.1f} s"
    lines = [Line(f"{told}; {work}")]
    if counts[Verdict.OPEN]:
        lines.append(Line("An open theorem is not proved: only the clauses listed as proved under it are."))
    if report.interrupted:
        lines.append(Line("Interrupted: this is what was known so far.", "yellow"))
    return lines
