"""The commands that prove: `prove` and `cite`."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from proofs.cli import output
from proofs.cli.exits import Code, Stop, after_interrupt, of_report, worst
from proofs.cli.loading import load_policy, need_solver, policy_errors, select
from proofs.cli.output import version
from proofs.cli.settings import cores, pick, read
from proofs.engine.solvers.solver import RLIMIT
from proofs.policies import REFERENCE
from proofs.prove import prove as prover
from proofs.prove.prove import ProveOptions
from proofs.report import prove_text
from proofs.report.cite import citation, citation_markdown, citation_text
from proofs.report.json_report import dumps, prove_json
from proofs.report.junit import junit_xml
from proofs.report.progress import Progress
from proofs.report.prove_text import Shown, prove_lines, runs_of
from proofs.report.reproducer import pytest_text
from proofs.report.terminal import Line
from proofs.theorems import CATALOGUE, requirements
from proofs.traces import moved
from proofs.verdicts import ProveReport

__all__ = ["Out", "Wish", "cite", "options_for", "prove", "prove_policy"]


@dataclass(frozen=True)
class Wish:
    """What the command line asks of the prover; None where it says nothing."""

    policy: str | None = None
    only: list[str] = field(default_factory=list)
    jobs: int | None = None
    budget: float | None = None
    rlimit: int | None = None
    solver: str | None = None
    cache: bool | None = None
    more: int | None = None
    everything: bool | None = None
    fail_fast: bool | None = None
    """What an earlier version called the contrary of everything."""
    smt2: Path | None = None


@dataclass(frozen=True)
class Out:
    """Where the command line wants the results, and how much of them."""

    json: str | None = None
    junit: str | None = None
    save: Path | None = None
    pytest: str | None = None
    exit_zero: bool = False
    verbose: bool = False
    quiet: bool = False


def options_for(wish: Wish) -> tuple[str, ProveOptions]:
    """Return the policy's name and the prover's options: the command line, then the file, then ours."""
    file = read()
    spec = pick(wish.policy, "policy", file, REFERENCE)
    only = select(wish.only or file.get("only", []), spec)
    solver = pick(wish.solver, "solver", file, "z3")
    need_solver(solver)
    options = ProveOptions(
        only=only,
        jobs=pick(wish.jobs, "jobs", file, cores()),
        budget=wish.budget if wish.budget is not None else file.get("budget"),
        rlimit=pick(wish.rlimit, "rlimit", file, RLIMIT),
        solver=solver,
        cache=pick(wish.cache, "cache", file, True),
        more=pick(wish.more, "more", file, 0),
        everything=pick(wish.everything, "all", file, not pick(wish.fail_fast, "fail-fast", file, True)),
        smt2=wish.smt2,
    )
    return spec, options


def prove_policy(spec: str, options: ProveOptions) -> ProveReport:
    """Run the prover; after an interrupt, return what was known by then."""
    with policy_errors(), output.quiet_stdout(), Progress(sys.stderr) as progress:
        policy = load_policy(spec)
        try:
            report = prover.prove(policy, options, progress)
        except KeyboardInterrupt:
            report = ProveReport(spec, "", version(), interrupted=True)
            report.obligations, report.seconds = progress.done, progress.clock() - progress.began
    return report


def prove(wish: Wish, out: Out) -> int:
    """Prove a policy's theorems, print and write the results, and return the exit code."""
    output.check_folder(out.save)
    output.check_destinations(out.json, out.junit, out.pytest)
    spec, options = options_for(wish)
    report = prove_policy(spec, options)
    shown = shown_of(report, spec)
    codes = saved(report, shown, out)
    lines = prove_lines(report, _clauses(), shown, out.verbose, out.quiet)
    codes.append(output.show_results(lines, out.json, out.junit, out.pytest))
    if out.json is not None:
        codes.append(output.write_json(dumps(prove_json(report, shown)), out.json))
    if out.junit is not None:
        codes.append(output.write_json(junit_xml(report, shown), out.junit))
    found = of_report(report)
    forgiven = out.exit_zero and found in (Code.REFUTED, Code.UNDECIDED)
    return after_interrupt() if report.interrupted else worst(Code.HOLDS if forgiven else found, *codes)


def shown_of(report: ProveReport, spec: str) -> Shown:
    """Run again what refutes a policy, and put it into words; where nothing does and nothing failed there is nothing to run."""
    if not runs_of(report) and not report.failures:
        return Shown()
    with policy_errors(), output.quiet_stdout():
        return prove_text.shown_of(report, load_policy(spec))


def saved(report: ProveReport, shown: Shown, out: Out) -> list[int]:
    """Save the runs that refute the policy, as traces for `replay` and as a test."""
    codes: list[int] = []
    traces = runs_of(report)
    if out.save is not None:
        for number, trace in enumerate(traces):
            file = out.save / f"{number:03}-{trace.statement or 'run'}.json"
            codes.append(output.write_trace(trace, file))
            shown.saved.append(str(file))
    if out.pytest is not None and traces:
        folder = Path.cwd() if out.pytest == "-" else Path(out.pytest).parent
        codes.append(output.write_json(pytest_text(moved(traces[0], Path.cwd(), folder)), out.pytest))
    return codes


def _clauses() -> dict[str, dict[str, str]]:
    """Return each theorem's statements with their English."""
    return {
        theorem.id: {name: CATALOGUE.statements[name].doc.split("\n\n")[0] for name in theorem.clauses}
        for theorem in CATALOGUE.theorems.values()
    }


def cite(name: str, policy: str | None, form: str) -> int:
    """Prove one theorem and print it with its evidence; the exit code is that of the proof."""
    spec, options = options_for(Wish(policy=policy, only=[name]))
    chosen = options.only
    if len(chosen) != 1:
        raise Stop(Code.INPUT, f"{name!r} names {len(chosen)} theorems; cite one: {', '.join(chosen)}")
    report = prove_policy(spec, options)
    if report.interrupted:
        output.say("interrupted before there was anything to cite")
        return after_interrupt()
    result = next((r for r in report.theorems if r.id == chosen[0]), None)
    if result is None:
        raise RuntimeError(f"the prover was asked for {chosen[0]} and did not report on it")
    data = citation(report, result, {**requirements.ASSUMPTIONS, **requirements.UNDONE}, spec)
    text = {"json": dumps, "markdown": citation_markdown, "text": citation_text}[form](data)
    return worst(of_report(report), output.show_results([Line(t) for t in text.splitlines()], None))
