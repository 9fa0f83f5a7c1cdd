"""JUnit XML: one test case for each theorem. Refuted is a failure, and the run stands in the first one.

Open is skipped, and so is what nobody decided because the policy is refuted; what else is not decided is an error.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from proofs.policies.files import shown_place
from proofs.report.prove_text import Shown
from proofs.report.refutation.screen import contract_lines, told_lines
from proofs.report.suites import clean, suite
from proofs.report.terminal import DISCLAIMER, failure_lines
from proofs.theorems import CATALOGUE
from proofs.verdicts import ProveReport, TheoremResult, TheoremVerdict, Verdict

__all__ = ["junit_xml"]

#: The element that says why a theorem is not proved; where it was not decided either, an error.
KINDS: dict[TheoremVerdict, str] = {Verdict.REFUTED: "failure", Verdict.OPEN: "skipped"}


def junit_xml(report: ProveReport, shown: Shown) -> str:
    """Return a report of `prove` as JUnit XML."""
    refuted = [r for r in report.theorems if r.verdict == Verdict.REFUTED]
    cases = [_case(result, shown, refuted) for result in report.theorems]
    facts = {"policy": report.policy, "model_digest": report.model_digest, "ringfence": report.ringfence}
    facts |= {"interrupted": str(report.interrupted).lower(), "scope": DISCLAIMER}
    told = [line.text for failure in report.failures for line in failure_lines(failure)]
    return suite("ringfence prove", cases, facts, report.seconds, told)


def _case(result: TheoremResult, shown: Shown, refuted: list[TheoremResult]) -> ET.Element:
    file, line = _place(result, shown)
    about = {"classname": f"ringfence.{result.area}", "name": f"{result.id} {result.title}", "file": file, "line": line}
    case = ET.Element("testcase", {k: clean(v) for k, v in about.items() if v} | {"time": f"{result.seconds:.3f}"})
    if result.verdict == Verdict.PROVED:
        return case
    left = bool(refuted) and result.verdict in (Verdict.UNKNOWN, Verdict.NOT_INDUCTIVE)
    kind = "skipped" if left else KINDS.get(result.verdict, "error")
    message = result.reason or "; ".join(result.open) or result.verdict
    child = ET.SubElement(case, kind, {"message": clean(message)})
    if kind != "skipped":
        child.set("type", result.verdict)
    if result in refuted:
        child.set("message", clean(f"refuted: {_breaks(result, shown)}"))
        child.text = clean(_run(result, shown) if result is refuted[0] else f"the run that stands under {refuted[0].id}")
    return case


def _breaks(result: TheoremResult, shown: Shown) -> str:
    broken = result.counterexample.statement if result.counterexample is not None else ""
    return " by ".join([broken, *(told.by for told in shown.told[:1])])


def _run(result: TheoremResult, shown: Shown) -> str:
    lines = [*contract_lines(shown.contracts), *(line for told in shown.told for line in told_lines(told))]
    return "\n".join(line.text for line in lines) or result.reason


def _place(result: TheoremResult, shown: Shown) -> tuple[str, str]:
    """Return file and line of the policy's that broke a theorem, or of the first statement that it is made of."""
    told = next((told for told in shown.told if told.file), None) if result.verdict == Verdict.REFUTED else None
    theorem = CATALOGUE.theorems.get(result.id)
    statements = [CATALOGUE.statements[name] for name in theorem.clauses] if theorem is not None else []
    found = [(told.file, told.line)] if told is not None else [(st.file, st.line) for st in statements[:1]]
    file, _, line = shown_place(*found[0]).rpartition(":") if found else ("", "", "")
    return file, line
