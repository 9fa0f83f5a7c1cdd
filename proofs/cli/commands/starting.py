"""The command `new`: a policy to start from."""

from __future__ import annotations

import sys
from pathlib import Path

from proofs.cli import output
from proofs.cli.exits import Code, Stop
from proofs.policies.starting import StartError, start
from proofs.report.terminal import Line
from proofs.tla.manifest import SPEC

__all__ = ["new"]


def new(name: str) -> int:
    """Write the policy and its tests, and say what to do with them."""
    try:
        policy, tests = start(Path(name))
    except StartError as error:
        raise Stop(Code.INPUT, str(error)) from error
    lines = [
        Line(f"{policy} and {tests} are written.", "green"),
        Line(f"  ringfence prove {policy}       # proved as it stands, in minutes; then only what has changed is decided again"),
        Line(f"  {Path(sys.executable).name} -m pytest {tests}"),
        Line(f"What may be decided otherwise, and how it is written: {SPEC / 'write-a-policy.md'}"),
    ]
    return output.show_results(lines, None)
