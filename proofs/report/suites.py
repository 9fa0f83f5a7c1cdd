"""A suite of test cases as JUnit XML, whatever the cases are about."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

__all__ = ["clean", "suite"]

#: What XML 1.0 has no way to say.
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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


def clean(text: str) -> str:
    """Replace what XML cannot hold."""
    return ILLEGAL.sub("?", text)
