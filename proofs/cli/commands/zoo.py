"""The command `zoo`: every known fault and its repaired version, what was expected of each beside what was found."""

from __future__ import annotations

import dataclasses

from proofs.cli import output
from proofs.cli.commands.fuzzing import broken_by_fuzzing
from proofs.cli.commands.proving import Wish, options_for, prove_policy
from proofs.cli.exits import Code, Stop, after_interrupt, worst
from proofs.cli.loading import no_match, policy_errors
from proofs.cli.output import version
from proofs.policies.zoo import Entry, entries
from proofs.prove.zoo import Row, run, zoo_json
from proofs.report.json_report import dumps
from proofs.report.terminal import Line
from proofs.verdicts import ProveReport, Verdict

__all__ = ["zoo"]


def zoo(names: list[str], fuzz: bool, jobs: int | None, cache: bool | None, json: str | None) -> int:
    """Prove (and fuzz) each fault and its repaired version, and print what was expected beside what was found."""
    output.check_destination(json)
    chosen = _chosen(names)
    _, options = options_for(Wish(jobs=jobs, cache=cache))
    rows: list[Row] = []

    def proved(spec: str, only: tuple[str, ...]) -> ProveReport:
        output.say(f"proving {spec}")
        return prove_policy(spec, dataclasses.replace(options, only=only))

    def found(row: Row) -> None:
        rows.append(row)
        for line in _row_lines(row):
            output.say(line.text)

    try:
        run(chosen, proved, broken_by_fuzzing if fuzz else None, found)
    except KeyboardInterrupt:
        output.say("interrupted: this is what was known so far")
        _print_zoo(rows, json)
        return after_interrupt()
    written = _print_zoo(rows, json)
    interrupted = any(row.interrupted for row in rows)
    return after_interrupt() if interrupted else worst(written, *(_of_row(row) for row in rows))


def _chosen(names: list[str]) -> list[Entry]:
    with policy_errors():
        known = entries()
    ids = {entry.id.upper(): entry for entry in known}
    for name in names:
        if name.upper() not in ids:
            raise Stop(Code.INPUT, no_match("fault", name, ids).replace("`ringfence list`", "`ringfence zoo`"))
    chosen = [entry for entry in known if not names or entry.id.upper() in {n.upper() for n in names}]
    if not chosen:
        raise Stop(Code.INPUT, "the zoo is empty: no file in pymodel/zoo")
    return chosen


def _of_row(row: Row) -> int:
    if row.disagreements:
        return Code.DISAGREEMENT
    if row.as_expected:
        return Code.HOLDS
    broken = Verdict.REFUTED in row.actual.values() or bool(row.broken_by_fuzzing)
    return Code.REFUTED if row.which == "Fixed" and broken else Code.UNDECIDED


def _print_zoo(rows: list[Row], json: str | None) -> int:
    lines = [line for row in rows for line in _row_lines(row)]
    bad = sum(not row.as_expected for row in rows)
    lines.append(Line(f"{len(rows) - bad} of {len(rows)} as expected", "yellow" if bad else "green"))
    shown = output.show_results(lines, json)
    return worst(shown, output.write_json(dumps(zoo_json(rows, version())), json))


def _row_lines(row: Row) -> list[Line]:
    style = "green" if row.as_expected else "bold red"
    expected = f"refuted: one of {', '.join(row.expected)}" if row.expected else "all proved or open"
    actual = ", ".join(f"{i} {v}" for i, v in row.actual.items()) or f"{row.proved} proved, the rest open or not reached"
    lines = [
        Line(f"{'ok ' if row.as_expected else 'BAD'}  {row.id} {row.which.lower()}: {row.title} ({row.seconds:.0f} s)", style),
        Line(f"     expected  {expected}"),
        Line(f"     actual    {actual}"),
    ]
    if row.broken_by_fuzzing is not None:
        lines.append(Line(f"     fuzzing   {', '.join(row.broken_by_fuzzing) or 'broke nothing'}"))
    return lines
