"""The commands that prove: `prove` and `cite`."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofs.cli import output
from proofs.cli.exits import Code, Stop, after_interrupt, of_report, worst
from proofs.cli.parts import REFERENCE, load_policy, need_solver, part, policy_errors, select
from proofs.cli.settings import pick, read
from proofs.engine.limits import RLIMIT
from proofs.report.cite import citation, citation_markdown, citation_text
from proofs.report.json_report import dumps, prove_json
from proofs.report.junit import junit_xml
from proofs.report.progress import Progress
from proofs.report.terminal import Line, prove_lines
from proofs.theorems import CATALOGUE, requirements
from proofs.verdicts import ProveReport

__all__ = ["Wish", "assumptions", "cite", "cores", "options_for", "prove", "prove_policy", "render", "version"]


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
    fail_fast: bool | None = None
    smt2: Path | None = None


def version() -> str:
    """Return the version of ringfence."""
    return importlib.metadata.version("ringfence")


def cores() -> int:
    """Return how many processes may run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


#: The traces of this process that were shown, with their texts: one run may refute many theorems.
_SHOWN: list[tuple[dict[str, Any], str]] = []


def render(trace: dict[str, Any]) -> str:
    """Return a saved trace as text."""
    for known, text in _SHOWN:
        if known is trace:
            return text
    _SHOWN.append((trace, str(part("search.traces").render(trace))))
    return _SHOWN[-1][1]


def options_for(wish: Wish) -> tuple[str, Any]:
    """Return the policy's name and the prover's options: the command line, then the file, then ours."""
    file = read()
    spec = pick(wish.policy, "policy", file, REFERENCE)
    only = select(wish.only or file.get("only", []), spec)
    solver = pick(wish.solver, "solver", file, "z3")
    need_solver(solver)
    options = part("prove.prove").ProveOptions(
        only=only,
        jobs=pick(wish.jobs, "jobs", file, cores()),
        budget=wish.budget if wish.budget is not None else file.get("budget"),
        rlimit=pick(wish.rlimit, "rlimit", file, RLIMIT),
        solver=solver,
        cache=pick(wish.cache, "cache", file, True),
        more=pick(wish.more, "more", file, 0),
        fail_fast=pick(wish.fail_fast, "fail-fast", file, False),
        smt2=wish.smt2,
    )
    return spec, options


def prove_policy(spec: str, options: Any) -> ProveReport:
    """Run the prover; after an interrupt, return what was known by then."""
    with policy_errors(), output.quiet_stdout(), Progress(sys.stderr) as progress:
        policy = load_policy(spec)
        try:
            report: ProveReport = part("prove.prove").prove(policy, options, progress)
        except KeyboardInterrupt:
            report = ProveReport(spec, "", version(), interrupted=True)
            report.obligations, report.seconds = progress.done, progress.clock() - progress.began
    return report


def prove(wish: Wish, json: str | None, junit: str | None, exit_zero: bool) -> int:
    """Prove a policy's theorems, print and write the results, and return the exit code."""
    for target in (json, junit):
        output.check_destination(target)
    spec, options = options_for(wish)
    report = prove_policy(spec, options)
    codes = [output.show_results(prove_lines(report, _clauses(), render), json)]
    if json is not None:
        codes.append(output.write_json(dumps(prove_json(report)), json))
    if junit is not None:
        codes.append(output.write_report(junit_xml(report, render), junit))
    found = of_report(report)
    forgiven = exit_zero and found in (Code.REFUTED, Code.UNDECIDED)
    return after_interrupt() if report.interrupted else worst(Code.HOLDS if forgiven else found, *codes)


def _clauses() -> dict[str, dict[str, str]]:
    """Return each theorem's statements with their English."""
    return {
        theorem.id: {name: CATALOGUE.statements[name].doc.split("\n\n")[0] for name in theorem.clauses}
        for theorem in CATALOGUE.theorems.values()
    }


def assumptions() -> dict[str, str]:
    """Return the English of the named assumptions."""
    return dict(requirements.ASSUMPTIONS)


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
    data = citation(report, result, assumptions(), spec)
    text = {"json": dumps, "markdown": citation_markdown, "text": citation_text}[form](data)
    return worst(of_report(report), output.show_results([Line(t) for t in text.splitlines()], None))
