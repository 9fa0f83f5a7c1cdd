"""JUnit XML: one test case for each theorem. Refuted is a failure; what is not decided is an error; open is skipped."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from proofs.checkers.results import ProveReport, TheoremResult
from proofs.report.terminal import DISCLAIMER, Render, counterexample_text, failure_lines

__all__ = ["junit_xml"]

#: What XML 1.0 has no way to say.
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: ProveReport, render: Render) -> str:
    """Return a report of `prove` as JUnit XML."""
    cases = [_case(result, render) for result in report.theorems]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{report.seconds:.3f}",
    }
    root = ET.Element("testsuites", counts)
    suite = ET.SubElement(root, "testsuite", {"name": "ringfence prove", **counts})
    properties = ET.SubElement(suite, "properties")
    facts = {"policy": report.policy, "model_digest": report.model_digest, "ringfence": report.ringfence}
    for name, value in {**facts, "interrupted": str(report.interrupted).lower(), "scope": DISCLAIMER}.items():
        ET.SubElement(properties, "property", {"name": name, "value": _clean(value)})
    suite.extend(cases)
    told = [line.text for failure in report.failures for line in failure_lines(failure)]
    ET.SubElement(suite, "system-err").text = _clean("\n".join(told))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _case(result: TheoremResult, render: Render) -> ET.Element:
    name = {"classname": f"ringfence.{result.area}", "name": f"{result.id} {result.title}"}
    case = ET.Element("testcase", {k: _clean(v) for k, v in name.items()} | {"time": f"{result.seconds:.3f}"})
    if result.verdict == "proved":
        return case
    kind = {"refuted": "failure", "open": "skipped"}.get(result.verdict, "error")
    message = result.reason or "; ".join(result.open) or result.verdict
    child = ET.SubElement(case, kind, {"message": _clean(message)})
    if kind != "skipped":
        child.set("type", result.verdict)
    if result.counterexample is not None:
        child.text = _clean("\n".join(counterexample_text(result.counterexample, render)))
    return case


def _clean(text: str) -> str:
    return ILLEGAL.sub("?", text)
