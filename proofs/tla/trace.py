"""Counterexamples of TLC and Apalache: one form, read and written as ITF JSON, shown as a table of what changed and who did it."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from proofs.tla.values import text

__all__ = ["ItfError", "Step", "Trace", "changes", "from_itf", "table", "to_itf"]

FORMAT = "https://apalache-mc.org/docs/adr/015adr-trace.html"


class ItfError(ValueError):
    """JSON that is no trace in the ITF format."""


@dataclass(frozen=True)
class Step:
    """A state and the action that led to it; `values` are ITF JSON by variable. The first state has no action."""

    values: dict[str, Any]
    action: str = ""
    place: str = ""


@dataclass(frozen=True)
class Trace:
    """A behaviour: its states, and for a liveness violation where it goes back to (`loop` counts from 0), or that it stutters.

    `loop_action` is the action that closes the loop.
    """

    steps: list[Step] = field(default_factory=list)
    loop: int | None = None
    loop_action: str = ""
    stuttering: bool = False
    params: tuple[str, ...] = ()

    def variables(self) -> list[str]:
        """Return the variables in the order of the first state that has them, constants left out."""
        names = dict.fromkeys(name for step in self.steps for name in step.values)
        return [name for name in names if name not in self.params]


def to_itf(trace: Trace, facts: Mapping[str, str]) -> dict[str, Any]:
    """Return a trace as ITF; `facts` go into its `#meta`. A behaviour that stutters for ever loops on its last state."""
    loop = len(trace.steps) - 1 if trace.stuttering else trace.loop
    states = []
    for number, step in enumerate(trace.steps):
        meta: dict[str, Any] = {"index": number}
        meta |= {name: value for name, value in (("action", step.action), ("place", step.place)) if value}
        states.append({"#meta": meta, **step.values})
    return {
        "#meta": {"format": "ITF", "format-description": FORMAT, **facts},
        "params": list(trace.params),
        "vars": trace.variables(),
        **({} if loop is None else {"loop": loop}),
        "states": states,
    }


def from_itf(source: str) -> Trace:
    """Read a trace from ITF text."""
    try:
        data = json.loads(source)
    except ValueError as error:
        raise ItfError(f"not JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("states"), list):
        raise ItfError("not an ITF trace: it has no list of states")
    if not all(isinstance(state, dict) for state in data["states"]):
        raise ItfError("not an ITF trace: a state is no object")
    loop = data.get("loop")
    if loop is not None and not (isinstance(loop, int) and 0 <= loop < len(data["states"])):
        raise ItfError(f"not an ITF trace: loop {loop!r} is no state of it")
    params = tuple(str(name) for name in data.get("params", []))
    return Trace([_step(state) for state in data["states"]], loop, params=params)


def _step(state: dict[str, Any]) -> Step:
    given = state.get("#meta")
    meta = given if isinstance(given, dict) else {}
    values = {name: value for name, value in state.items() if name != "#meta"}
    return Step(values, str(meta.get("action", "")), str(meta.get("place", "")))


def table(trace: Trace) -> list[str]:
    """Return a trace as lines: the first state whole, then at each step who acted, where that is written, and what changed."""
    cells: list[tuple[str, str, str, str]] = [("#", "action", "where", "changed")]
    before: Mapping[str, Any] = {}
    for number, step in enumerate(trace.steps, 1):
        changed = changes(before, step.values, trace.params) if number > 1 else _whole(step, trace)
        actor = step.action or ("(start)" if number == 1 else "(step)")
        cells.append((str(number), actor, step.place, changed[0] if changed else "nothing"))
        cells += [("", "", "", more) for more in changed[1:]]
        before = step.values
    cells += _ending(trace)
    action, place = (max(len(row[column]) for row in cells) for column in (1, 2))
    shown = place if any(step.place for step in trace.steps) else 0
    return [f" {n:>3}  {a:<{action}}  {p[:shown]:<{shown}}  {c}".rstrip() for n, a, p, c in cells]


def _whole(step: Step, trace: Trace) -> list[str]:
    return [f"{name} = {text(value)}" for name, value in step.values.items() if name not in trace.params] or ["no state at all"]


def _ending(trace: Trace) -> list[tuple[str, str, str, str]]:
    if trace.stuttering:
        return [("", "(stutters)", "", "and nothing happens any more")]
    if trace.loop is None:
        return []
    return [("", trace.loop_action or "(loops)", "", f"and back to {trace.loop + 1}, again and again")]


def changes(before: Mapping[str, Any], after: Mapping[str, Any], params: Container[str] = ()) -> list[str]:
    """Return what differs between two states, each as `place: old -> new` at the leaf; `params` are constants."""
    return [line for name in after if name not in params for line in _leaves(name, before.get(name), after[name])]


def _leaves(place: str, old: Any, new: Any) -> list[str]:
    if old == new or text(old) == text(new):
        return []
    parts = _parts(old, new)
    if parts is not None:
        return [line for suffix, a, b in parts for line in _leaves(place + suffix, a, b)]
    if _kind(old) == _kind(new) == "#set":
        return _of_sets(place, old["#set"], new["#set"])
    return [f"{place}: {text(old)} -> {text(new)}"]


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "#tup"
    if isinstance(value, Mapping):
        return next((key for key in value if key.startswith("#")), "record")
    return type(value).__name__


def _parts(old: Any, new: Any) -> list[tuple[str, Any, Any]] | None:
    """Return the parts of two values that have the same parts (name, old, new), or None if they are compared whole."""
    kind = _kind(old)
    if kind != _kind(new):
        return None
    if kind == "#map":
        a, b = ({text(k): v for k, v in value["#map"]} for value in (old, new))
        return [(f"[{key}]", a[key], b[key]) for key in a] if a.keys() == b.keys() else None
    if kind == "record":
        return [(f".{key}", old[key], new[key]) for key in old] if old.keys() == new.keys() else None
    if kind == "#tup":
        one, two = _items(old), _items(new)
        same = len(one) == len(two)
        return [(f"[{n}]", a, b) for n, (a, b) in enumerate(zip(one, two, strict=True), 1)] if same else None
    return None


def _items(value: Any) -> list[Any]:
    found: list[Any] = value if isinstance(value, list) else value["#tup"]
    return found


def _of_sets(place: str, old: list[Any], new: list[Any]) -> list[str]:
    gone, come = ([v for v in a if text(v) not in {text(w) for w in b}] for a, b in ((old, new), (new, old)))
    told = [f"{verb} {', '.join(map(text, values))}" for verb, values in (("loses", gone), ("gains", come)) if values]
    return [f"{place}: {' and '.join(told)}"]
