"""Scripted runs from boot: into rich states, into one that has something of everything, and (`lives`) apart again."""

from proofs.checkers.scenarios.runs import CLEAR, RUNS, Script
from proofs.checkers.scenarios.storeroom import STORED

__all__ = ["CLEAR", "SCENARIOS", "Script"]

#: Name, platform, script.
SCENARIOS: list[tuple[str, str, Script]] = [*RUNS, *STORED]
