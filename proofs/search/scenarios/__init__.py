"""Scripted runs from boot: into rich states, into one that has something of everything, and (`lives`) apart again."""

from proofs.search.scenarios.dense_state import STORED
from proofs.search.scenarios.runs import RUNS
from proofs.search.scenarios.runs.parts import Script

__all__ = ["SCENARIOS", "Script"]

#: Name, platform, script.
SCENARIOS: list[tuple[str, str, Script]] = [*RUNS, *STORED]
