"""What model checking found, as text, JSON and JUnit: one row for each entry of the manifest, counterexamples after them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Collection, Sequence
from typing import Any

from proofs.report.suites import clean, suite
from proofs.report.terminal import STYLES, Line, wrap
from proofs.tla.check import Row, verdict
from proofs.tla.results import Answer, Outcome
from proofs.tla.trace import Trace, table, to_itf
from proofs.verdicts import Verdict

__all__ = ["SCOPE", "answer_json", "counterexample_lines", "itf", "models_json", "models_junit", "row_lines", "summary_lines"]

#: Stands where a reader may take a search for a proof.
SCOPE = "A completed search is bounded: it holds for the constants of the model, and proves nothing beyond them."
MARGIN = 10


def row_lines(row: Row) -> list[Line]:
    """Return an entry's line: the verdict, whether it is the expected one, the numbers; and what differs."""
    found = verdict(row.model.mode, row.answer.outcome)
    style = "green" if row.as_expected else "bold red"
    if row.as_expected and row.answer.outcome == Outcome.PASS:
        style = STYLES[Verdict.BOUNDED]
    lines = [Line(f"{found:<{MARGIN}} {row.model.name}: {_numbers(row)}", style)]
    lines += [Line(t, style) for text in row.differences for t in wrap(text, MARGIN + 8, " " * (MARGIN + 1) + "BUT")]
    if row.differences and row.answer.message:
        lines += [Line(" " * (MARGIN + 8) + text) for text in row.answer.message.splitlines() if text.strip()]
    return lines


def _numbers(row: Row) -> str:
    answer = row.answer
    parts = ["as expected"] if row.as_expected else []
    if answer.broken:
        parts.append(f"{' or '.join(answer.broken)} breaks")
    elif answer.outcome == Outcome.DEADLOCK:
        parts.append("deadlock")
    if answer.trace is not None:
        parts.append(f"{len(answer.trace.steps)} states{' and a loop' if _loops(answer.trace) else ''}")
    elif answer.distinct is not None:
        parts.append(f"{answer.distinct:,} distinct states")
        parts += [f"depth {answer.diameter}"] if answer.diameter is not None else []
    return ", ".join([*parts, f"{answer.seconds:.1f} s"])


def _loops(trace: Trace) -> bool:
    return trace.loop is not None or trace.stuttering


def counterexample_lines(name: str, answer: Answer) -> list[Line]:
    """Return a counterexample: the sentence, then the table."""
    if answer.trace is None:
        return []
    head = f"{name}: {answer.message}"
    return [Line(""), *(Line(t, "bold") for t in wrap(head, 0)), *(Line(text) for text in table(answer.trace))]


def summary_lines(rows: Sequence[Row], chosen: int, seconds: float) -> list[Line]:
    """Return the last lines."""
    good = sum(row.as_expected for row in rows)
    words = [verdict(row.model.mode, row.answer.outcome) for row in rows]
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words)) or "nothing was decided"
    style = "green" if good == chosen else "bold red"
    lines = [Line(f"{good} of {chosen} as expected; {counts}; {seconds:.1f} s", style)]
    held = promises_held(rows)
    if held:
        lines += [Line(text) for text in wrap(f"Bounded, each by the models that name it: {', '.join(held)}.", 0)]
    if len(rows) < chosen:
        lines.append(Line(f"Interrupted: {chosen - len(rows)} were not decided.", "yellow"))
    return lines + [Line(text) for text in wrap(SCOPE, 0)]


def promises_held(rows: Sequence[Row]) -> list[str]:
    """Return the IDs of the promises of which every model that was run came out as expected."""
    named = dict.fromkeys(promise for row in rows for promise in row.model.promises)
    return sorted(p for p in named if all(row.as_expected for row in rows if p in row.model.promises))


def itf(name: str, answer: Answer) -> dict[str, Any] | None:
    """Return an answer's counterexample as ITF."""
    if answer.trace is None:
        return None
    return to_itf(answer.trace, {"description": f"{name}: {answer.message}", "source": answer.engine})


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return an answer as JSON data, without the counterexample."""
    return {
        "outcome": str(answer.outcome),
        "engine": answer.engine,
        "message": answer.message,
        "broken": list(answer.broken),
        "trace": None if answer.trace is None else len(answer.trace.steps),
        "generated": answer.generated,
        "distinct": answer.distinct,
        "diameter": answer.diameter,
        "seconds": answer.seconds,
    }


def models_json(rows: Sequence[Row], chosen: Sequence[str], version: str, seconds: float) -> dict[str, Any]:
    """Return the rows as JSON data; entries that were not decided are listed."""
    decided = {row.model.name for row in rows}
    return {
        "schema": 1,
        "ringfence": version,
        "scope": SCOPE,
        "summary": {"models": len(chosen), "as_expected": sum(row.as_expected for row in rows), "seconds": seconds},
        "promises": promises_held(rows),
        "models": [_row_json(row) for row in rows],
        "undecided": [name for name in chosen if name not in decided],
    }


def _row_json(row: Row) -> dict[str, Any]:
    model = row.model
    kept = ("name", "module", "about", "kind", "of", "zoo", "tier", "mode", "promises", "constants", "cinit", "length")
    recorded = ("outcome", "breaks", "trace", "distinct", "diameter")
    return {
        **{key: getattr(model, key) for key in kept},
        "expected": {key: getattr(model, key) for key in recorded},
        "verdict": verdict(model.mode, row.answer.outcome),
        "as_expected": row.as_expected,
        "differences": list(row.differences),
        **answer_json(row.answer),
        "counterexample": itf(model.name, row.answer),
    }


def models_junit(rows: Sequence[Row], undecided: Collection[str], version: str, seconds: float) -> str:
    """Return the rows as JUnit XML: a difference is a failure, what was not decided an error."""
    cases = [_case(row) for row in rows]
    for name in undecided:
        case = ET.Element("testcase", {"classname": "ringfence.check", "name": name, "time": "0"})
        ET.SubElement(case, "error", {"message": "not decided", "type": "interrupted"})
        cases.append(case)
    return suite("ringfence check", cases, {"ringfence": version, "scope": SCOPE}, seconds, [])


def _case(row: Row) -> ET.Element:
    name = f"{row.model.name}: {row.model.about}"
    case = ET.Element("testcase", {"classname": f"ringfence.check.{row.model.kind}", "name": clean(name)})
    case.set("time", f"{row.answer.seconds:.3f}")
    if row.as_expected:
        return case
    known = row.answer.outcome == Outcome.PASS or row.answer.trace is not None
    child = ET.SubElement(case, "failure" if known else "error", {"message": clean("; ".join(row.differences))})
    child.set("type", verdict(row.model.mode, row.answer.outcome))
    lines = [row.answer.message, *(table(row.answer.trace) if row.answer.trace is not None else [])]
    child.text = clean("\n".join(lines))
    return case
