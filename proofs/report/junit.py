"""JUnit XML: one test case for each theorem. Refuted is a failure; what is not decided is an error; open is skipped."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

from proofs.report.terminal import DISCLAIMER, Render, counterexample_text, failure_lines
from proofs.verdicts import ProveReport, TheoremResult, TheoremVerdict, Verdict

__all__ = ["clean", "junit_xml", "suite"]

#: The element that says why a theorem is not proved; where it was not decided either, an error.
KINDS: dict[TheoremVerdict, str] = {Verdict.REFUTED: "failure", Verdict.OPEN: "skipped"}
#: What XML 1.0 has no way to say.
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: ProveReport, render: Render) -> str:
    """Return a report of `prove` as JUnit XML."""
    cases = [_case(result, render) for result in report.theorems]
    facts = {"policy": report.policy, "model_digest": report.model_digest, "ringfence": report.ringfence}
    facts |= {"interrupted": str(report.interrupted).lower(), "scope": DISCLAIMER}
    told = [line.text for failure in report.failures for line in failure_lines(failure)]
    return suite("ringfence prove", cases, facts, report.seconds, told)


def suite(name: str, cases: list[ET.Element], facts: Mapping[str, str], seconds: float, told: list[str]) -> str:
    """Return a suite of test cases with its facts as properties; what is told goes to its standard error."""
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{seconds:.3f}",
    }
    root = ET.Element("testsuites", counts)
    body = ET.SubElement(root, "testsuite", {"name": name, **counts})
    properties = ET.SubElement(body, "properties")
    for fact, value in facts.items():
        ET.SubElement(properties, "property", {"name": fact, "value": clean(value)})
    body.extend(cases)
    ET.SubElement(body, "system-err").text = clean("\n".join(told))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _case(result: TheoremResult, render: Render) -> ET.Element:
    name = {"classname": f"ringfence.{result.area}", "name": f"{result.id} {result.title}"}
    case = ET.Element("testcase", {k: clean(v) for k, v in name.items()} | {"time": f"{result.seconds:.3f}"})
    if result.verdict == Verdict.PROVED:
        return case
    kind = KINDS.get(result.verdict, "error")
    message = result.reason or "; ".join(result.open) or result.verdict
    child = ET.SubElement(case, kind, {"message": clean(message)})
    if kind != "skipped":
        child.set("type", result.verdict)
    if result.counterexample is not None:
        child.text = clean("\n".join(counterexample_text(result.counterexample, render)))
    return case


def clean(text: str) -> str:
    """Replace what XML cannot hold."""
    return ILLEGAL.sub("?", text)
