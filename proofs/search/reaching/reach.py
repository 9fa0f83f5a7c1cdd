"""Whether something can happen: a run from boot to a state in which an expression is true, or how far was searched.

The search looks at every state of the scripted scenarios, then asks the solver for one more step from each of their ends,
and then walks at random.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from proofs.policies import LoadedPolicy, digest
from proofs.search.places import Break, Changed, Place
from proofs.search.reaching.expressions import bind, parse
from proofs.search.scenarios import SCENARIOS
from proofs.search.solving.aiming import hits, size
from proofs.search.walker import Walker
from proofs.statements import OWN_AREA, Kind, Statement
from proofs.traces import Trace, trace_steps
from pymodel.platforms import PLATFORMS

__all__ = ["Reached", "reach"]

Progress = Callable[[str, dict[str, Any]], None]


@dataclass
class Reached:
    """A shortened trace to a state in which the expression is true, or None; and how far was searched."""

    trace: Trace | None = None
    steps: int = 0
    """Steps that were tried, refused ones too."""
    questions: int = 0
    """Steps whose arguments were left to the solver."""
    depth: int = 0
    """The length of the longest run."""
    interrupted: bool = False
    error: str = ""
    """An exception that the policy raised on the way."""


def reach(policy: LoadedPolicy, text: str, steps: int, seed: int = 0, progress: Progress = lambda _event, _data: None) -> Reached:
    """Search for a run from boot to a state in which an expression is true; `steps` bounds the steps that are tried."""
    instance = policy.instance()
    never = Statement("never", Kind.STATE, bind(parse(text), text, instance.State, "negate"), {}, text, "", 0, OWN_AREA)
    walker, out = Walker(instance, [never], seed), Reached()
    try:
        hit = search(walker, never, steps, out, progress)
        if hit is not None:
            place, goal = hit
            path = trace_steps(walker.shrink(place, goal))
            out.trace = Trace(policy.spec, place.platform, path, model_digest=digest(policy), reaches=text)
    except KeyboardInterrupt:
        out.interrupted = True
    except Changed as changed:
        out.error = f"the step {changed} changed the state that it was given; the search ended there"
    out.steps, out.error = walker.found.tried, out.error or walker.found.error
    out.depth = max(out.depth, walker.found.depth)
    return out


def search(walker: Walker, never: Statement, steps: int, out: Reached, progress: Progress) -> tuple[Place, Break] | None:
    """Look at the scenarios, then at one step from each end, then walk; return where the statement broke."""
    progress("note", {"text": "looking at the states of the scenarios"})
    ends: list[Place] = []
    first: Place | None = None
    for run in runs(walker):
        out.depth = max(out.depth, len(run[-1].path))
        ends.append(run[-1])
        hit = next((p for p in run if not never.function(p.state)), None)
        if hit is not None and (first is None or len(hit.path) < len(first.path)):
            first = hit
    if first is not None:
        return first, Break(never, ())
    progress("note", {"text": "asking for one step more from each end of a scenario"})
    aimed = one_step(walker, never, ends, out)
    if aimed is not None:
        return aimed
    progress("note", {"text": f"walking at random, {steps:,} steps"})
    walked = walker.run(walker.found.tried + steps)
    return None if walked is None else (walked[0], walked[1][0])


def runs(walker: Walker) -> Iterator[list[Place]]:
    """Yield the states of each scenario under the policy, in order; a step that is refused is left out."""
    for _, platform, script in SCENARIOS:
        places = [Place(platform, PLATFORMS[platform](walker.policy.State), [])]
        for name, args in script:
            after = walker.take(places[-1], name, args)
            places += [after] if after is not None else []
        yield places


def one_step(walker: Walker, never: Statement, ends: list[Place], out: Reached) -> tuple[Place, Break] | None:
    """Ask the solver for the arguments of one step from each end."""
    for place in sorted(ends, key=size):
        for step in walker.transitions.values():
            out.questions += 1
            hit = hits(walker, place, [step], [never])
            if hit is not None:
                return hit
    return None
