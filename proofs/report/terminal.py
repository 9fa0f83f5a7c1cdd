"""Results as text, for people: lines, theorems, and what failed and how."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any

from rich.console import Console
from rich.text import Text

from proofs.verdicts import OF_FAILURE, Obligation, ObligationVerdict, TheoremResult, Verdict, printable

__all__ = [
    "DISCLAIMER",
    "STYLES",
    "WIDTH",
    "Line",
    "assumption_text",
    "cti_text",
    "failure_lines",
    "show",
    "state_text",
    "theorem_lines",
    "wrap",
]

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


@dataclass(frozen=True)
class Line:
    """A line of text, and the colour for a terminal that has colours."""

    text: str
    style: str = ""


def show(lines: Iterable[Line], stream: IO[str]) -> None:
    """Print lines; colours only where the stream is a terminal. What a terminal would obey is written out."""
    lines = [replace(line, text="\n".join(map(printable, line.text.split("\n")))) for line in lines]
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
