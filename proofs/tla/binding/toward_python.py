"""TLA+ to Python: each behaviour of the module is taken in Python, with the same steps, the same refusals, the same view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from proofs.tla.binding.behaviours import Behaviour, Moment
from proofs.tla.binding.language import Binding, Call
from proofs.tla.binding.replay import Attempt, Disagreement, Machine, different
from proofs.tla.trace import to_itf
from proofs.traces import Trace, trace_steps

__all__ = ["DIRECTION", "Replays", "follow", "replay_all"]

DIRECTION = "TLA+ to Python"


@dataclass
class Replays:
    """What was replayed: how many behaviours and steps, each action how often, questions about refusals, disagreements."""

    behaviours: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    refusals: int = 0
    found: list[Disagreement] = field(default_factory=list)


def replay_all(machine: Machine, behaviours: Iterable[Behaviour], most: int = 3) -> Replays:
    """Replay behaviours until so many disagree."""
    out = Replays()
    for behaviour in behaviours:
        found = follow(machine, behaviour, out)
        out.behaviours += 1
        if found is not None:
            out.found.append(found)
        if len(out.found) >= most:
            break
    return out


def follow(machine: Machine, behaviour: Behaviour, out: Replays, direction: str = DIRECTION) -> Disagreement | None:
    """Take each step of a behaviour in Python; return the first disagreement."""
    state, calls = machine.start, list[Call]()
    for number, (before, after) in enumerate(zip(behaviour.moments, behaviour.moments[1:], strict=False), 1):
        if after.did is None:
            continue
        told = refusals(machine, state, before, after, out)
        tried = machine.attempt(state, after.did, before.seen)
        calls += tried.taken
        told = told or compared(machine, after, tried)
        if told is not None:
            action = str(after.did) if len(told) == 2 else told[2]  # noqa: PLR2004 - without an action of its own
            itf, trace = kept(machine.binding, behaviour, number, calls)
            return Disagreement(direction, behaviour.number, number, action, told[0], told[1], itf, trace)
        out.actions[after.did.name] += 1
        state = tried.state
    return None


def compared(machine: Machine, after: Moment, tried: Attempt) -> tuple[str, ...] | None:
    """Compare what both models show after a step; return what each says where they differ."""
    if tried.refused:
        return "takes the step", f"refuses it: {tried.refused}" + (f" ({tried.step})" if tried.step else "")
    differ = different(after.seen, machine.show(tried.state, tried.reached))
    if not differ:
        return None
    return (
        "shows " + "; ".join(f"{name} = {tla}" for name, tla, _ in differ),
        "shows " + "; ".join(f"{name} = {python}" for name, _, python in differ),
    )


def refusals(machine: Machine, state: Any, before: Moment, after: Moment, out: Replays) -> tuple[str, ...] | None:
    """Where it is known what the module could do, try everything in Python; return what only one of them refuses."""
    if not after.could:
        return None
    for case in chain.from_iterable(machine.by_name.values()):
        action = machine.actions[case.name]
        if case not in after.could and (action.one_way or action.inner):
            continue
        tried = machine.attempt(state, case, before.seen)
        out.asked += 1
        out.refusals += case not in after.could and bool(tried.refused)
        if case in after.could and tried.refused:
            return "allows the step", f"refuses it: {tried.refused} ({tried.step})", str(case)
        if case not in after.could and not tried.refused:
            return "refuses the step", f"takes it: {', '.join(name for name, _ in tried.taken)}", str(case)
    return None


def kept(binding: Binding, behaviour: Behaviour, step: int, calls: list[Call]) -> tuple[dict[str, Any], Trace]:
    """Return the behaviour as ITF, and the Python steps from power-on."""
    facts = {"source": binding.module, "description": f"{DIRECTION}: behaviour {behaviour.number} to step {step}"}
    return to_itf(behaviour.upto(step), facts), Trace("reference", binding.platform, trace_steps([*binding.boot, *calls]))
