"""How fast the model runs: a measurement that runs in a process of its own."""

from __future__ import annotations

import time
from typing import Any

from proofs.search.scenarios import SCENARIOS
from proofs.search.scenarios.runs.parts import LONG
from proofs.search.walker import Walker, walker_of
from proofs.theorems import CATALOGUE
from pymodel.machine import Hypervisor
from pymodel.machine import steps as steps_of
from pymodel.platforms import PLATFORMS

__all__ = ["walking"]

#: Times that the scripted scenarios are run; the long ones are left out.
TURNS = 20


def walking(steps: int) -> dict[str, Any]:
    """Return how many steps a second the model takes: by script, and at random with more and more statements looked at."""
    statements = CATALOGUE.statements
    policy = Hypervisor()
    walkers = {
        "at random, nothing looked at": Walker(policy, [], 0),
        "at random, looked at as fuzzing does": walker_of(policy, set(statements), 0),
        "at random, all looked at each step": Walker(policy, list(statements.values()), 0),
    }
    rows = [scripted(policy)]
    first = walkers["at random, nothing looked at"]
    first.prepare(1 << 60)
    for name, walker in walkers.items():
        walker.corpus, walker.known = list(first.corpus), {n: list(args) for n, args in first.known.items()}
        tried, taken, began = walker.found.tried, walker.found.steps, time.perf_counter()
        walker.run(tried + steps)
        seconds = time.perf_counter() - began
        rows.append(row(name, walker.found.tried - tried, walker.found.steps - taken, seconds))
    return {"rows": rows}


def row(name: str, tried: int, taken: int, seconds: float) -> dict[str, Any]:
    """Return a row about the model; what was tried and not taken was refused."""
    return {"name": name, "tried": tried, "taken": taken, "seconds": seconds, "tried_a_second": tried / seconds}


def scripted(policy: Any) -> dict[str, Any]:
    """Run the scenarios, with their arguments ready and nothing looked at."""
    known = {t.name: t for t in steps_of(policy)}
    runs = [
        (PLATFORMS[platform](policy.State), [(known[n].function, Walker.typed(known[n], args)) for n, args in script])
        for _, platform, script in SCENARIOS
        if len(script) < LONG
    ]
    began = time.perf_counter()
    for _ in range(TURNS):
        for start, calls in runs:
            state = start
            for function, typed in calls:
                state = function(state, **typed)
    taken = TURNS * sum(len(calls) for _, calls in runs)
    return row("by script, nothing looked at", taken, taken, time.perf_counter() - began)
