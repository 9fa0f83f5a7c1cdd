"""A test for pytest that takes a run again, and fails for as long as the run breaks something."""

from __future__ import annotations

import pprint

from proofs.traces import Trace, to_json

__all__ = ["pytest_text"]

TEXT = '''"""{about}

It fails for as long as the run breaks something: `python -m pytest` runs it where ringfence is installed.
"""

from pathlib import Path

from proofs.search.replaying import replay
from proofs.traces import from_json, resolved

TRACE = {trace}


def test_the_policy_keeps_its_promises() -> None:
    """Every step of the run is taken again, and nothing breaks."""
    trace = resolved(from_json(TRACE), Path(__file__).parent)
    assert replay(trace, details=False).broken == []
'''


def pytest_text(trace: Trace) -> str:
    """Return the test's text; the policy's file is looked for from where the test lies."""
    what = trace.statement.replace("_", " ") or "a run from boot"
    about = f"A run of {len(trace.steps) or 'no'} steps from boot that breaks, under its policy: {what}."
    return TEXT.format(about=about, trace=pprint.pformat(to_json(trace), width=110, sort_dicts=False))
