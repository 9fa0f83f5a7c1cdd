"""What `prove` found, as text: a refutation on the first screen, or each theorem; more with `-v`, a line a theorem with `-q`."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

from proofs.policies import LoadedPolicy
from proofs.report.refutation.contracts import BrokenContract, broken_contracts
from proofs.report.refutation.screen import contract_lines, counted, folded_header, headline, next_lines, told_lines, whole_header
from proofs.report.refutation.telling import Told, tell
from proofs.report.terminal import DISCLAIMER, STYLES, WIDTH, Line, cti_text, failure_lines, theorem_lines, wrap
from proofs.report.trace_text import whole_run
from proofs.traces import Trace
from proofs.verdicts import Obligation, ProveReport, TheoremResult, Verdict

__all__ = ["Shown", "prove_lines", "runs_of", "shown_of"]

#: Failing obligations that are shown without `-v`.
FAILURES = 12


@dataclass
class Shown:
    """What is shown besides the report: the runs that refute a policy, in words, and the decisions that break their contracts."""

    told: list[Told] = field(default_factory=list)
    contracts: list[BrokenContract] = field(default_factory=list)
    saved: list[str] = field(default_factory=list)
    """The files that the runs were saved in, in the same order."""


def runs_of(report: ProveReport) -> list[Trace]:
    """Return the runs from boot that refute theorems, each once."""
    out: list[Trace] = []
    for result in report.theorems:
        trace = result.counterexample.trace if result.counterexample is not None else None
        if trace is not None and not any(trace is other for other in out):
            out.append(trace)
    return out


def shown_of(report: ProveReport, policy: LoadedPolicy) -> Shown:
    """Run again what refutes a policy, and put it into words."""
    return Shown([tell(trace, policy) for trace in runs_of(report)], broken_contracts(report.failures, policy))


def prove_lines(
    report: ProveReport,
    clauses: Mapping[str, Mapping[str, str]],
    shown: Shown | None = None,
    verbose: bool = False,
    quiet: bool = False,
) -> list[Line]:
    """Return a report of `prove` as text; `clauses` gives each theorem's statements with their English."""
    known = shown or Shown()
    if quiet:
        granted = any((report.assumed, report.excused, report.widened))
        whose = [folded_header(report.policy, report.header)] if granted else []
        return [*whose, *map(one_line, report.theorems), *summary_lines(report)]
    if known.told:
        return [*first_screen(report, known), *(details(report, clauses, known) if verbose else [])]
    lines = [*head(report), *contract_lines(known.contracts)]
    for result in report.theorems:
        lines += theorem_lines(result, clauses.get(result.id, {}))
    lines += (
        [line for failure in report.failures for line in failure_lines(failure)] if verbose else short_failures(report.failures)
    )
    return [*lines, *dead_lines(report), *note_lines(report), Line(""), *summary_lines(report)]


def head(report: ProveReport) -> list[Line]:
    """Return whose proof this is, with the policy's whole header."""
    lines = [Line(f"ringfence {report.ringfence}. {DISCLAIMER}"), *whole_header(report.policy, report.header)]
    lines += [Line(f"model    {report.model_digest}")]
    lines += [] if report.assumed else [Line("assumed  nothing beyond what stands beside each theorem")]
    return [*lines, Line("")]


def first_screen(report: ProveReport, shown: Shown) -> list[Line]:
    """Return a refutation: the verdict, then why, then one line for each refuted theorem, and what else is known in counts."""
    told = shown.told[0]
    refuted = [r for r in report.theorems if r.verdict == Verdict.REFUTED]
    first = next((r for r in refuted if r.id in told.theorems), refuted[0])
    lines = [*headline(told, first.id, first.title), folded_header(report.policy, report.header)]
    lines += [*contract_lines(shown.contracts), *told_lines(told)]
    lines += [Line(""), *next_lines(told.trace.policy, shown.saved), Line(""), *map(one_line, refuted)]
    for other in shown.told[1:]:
        lines += [Line(f"another run, of {counted(other.steps)}, breaks {', '.join(other.theorems)} at {other.by}")]
    return [*lines, *note_lines(report), *summary_lines(report), Line(f"ringfence {report.ringfence}. {DISCLAIMER}")]


def details(report: ProveReport, clauses: Mapping[str, Mapping[str, str]], shown: Shown) -> list[Line]:
    """Return what is left out of the first screen: the header, each theorem's entry, whole runs, all that failed."""
    lines = [Line(""), *head(report)]
    for result in report.theorems:
        lines += theorem_lines(result, clauses.get(result.id, {}))
    for told in shown.told:
        lines += [Line(""), *whole_run(told)]
    lines += [line for failure in report.failures for line in failure_lines(failure)]
    return [*lines, *dead_lines(report), Line(""), *summary_lines(report)]


def one_line(result: TheoremResult) -> Line:
    """Return a theorem in one line."""
    verdict = "not pursued" if result.is_not_pursued else result.verdict
    title = textwrap.shorten(result.title, WIDTH - 22, placeholder=" ...")
    return Line(f"{verdict:<13} {result.id:<7} {title}", STYLES.get(result.verdict, ""))


def short_failures(failures: list[Obligation]) -> list[Line]:
    """Return the obligations that do not hold, one line each, with a state only where there is a single one; at most one screen."""
    if not failures:
        return []
    lines = [Line("")]
    for failure in failures[:FAILURES]:
        text = f"{failure.verdict}: {failure.step} against {failure.statement}: {failure.where}"
        lines.append(Line(textwrap.shorten(text.rstrip(": "), WIDTH, placeholder=" ..."), "yellow"))
    if len(failures) == 1 and failures[0].cti:
        told = cti_text(failures[0].cti)
        lines += [Line(f"    {text}") for text in told[:FAILURES]]
        lines += [Line(f"    ... {len(told) - FAILURES} more lines (-v)")] if len(told) > FAILURES else []
    more = len(failures) - FAILURES
    return [*lines, Line(f"{f'{more} more, ' if more > 0 else ''}each with its state with -v")]


def dead_lines(report: ProveReport) -> list[Line]:
    """Return the operations that no run saw succeed."""
    if not report.dead:
        return []
    text = "A hypervisor that refuses is safe and useless. No run was found in which these succeed: "
    return [Line(""), *(Line(t, "yellow") for t in wrap(text + ", ".join(report.dead), 0))]


def note_lines(report: ProveReport) -> list[Line]:
    """Return the remarks."""
    return [Line(t) for note in report.notes for t in wrap(note, 9, "note")]


def summary_lines(report: ProveReport) -> list[Line]:
    """Return how many theorems have which verdict, and the work that was done."""
    pursued = [r for r in report.theorems if not r.is_not_pursued]
    counts = {str(verdict): sum(r.verdict == verdict for r in pursued) for verdict in reversed(Verdict)}
    counts["not pursued"] = len(report.theorems) - len(pursued)
    told = ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n) or "nothing was decided"
    work = f"{report.obligations:,} obligations ({report.framed:,} framed) in {report.seconds:.1f} s"
    lines = [Line(f"{told}; {work}")]
    if counts[Verdict.OPEN]:
        lines.append(Line("An open theorem is not proved: only the clauses listed as proved under it are."))
    if report.interrupted:
        lines.append(Line("Interrupted: this is what was known so far.", "yellow"))
    return lines
