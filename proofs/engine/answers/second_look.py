"""A second look at what was run on terms: at a concrete state, the step's own paths must say what the step does there.

The terms of a step are computed at the state and the arguments. Of its paths exactly one must hold if the step succeeds, and lead
to the same state; if it is refused, a refusal for the same reason must hold. What differs there was not the step that was proved.
"""

from __future__ import annotations

from typing import Any

from proofs.engine.induction import Exploration
from proofs.engine.maps import SymbolicMap, field_node
from proofs.engine.paths import Path
from proofs.engine.substitution import unknown, value_of
from proofs.engine.terms import Node, const
from pymodel.language.outcomes import Refused
from pymodel.language.state import Map, MapShape, Record, State

__all__ = ["difference"]


def raw_fields(record: Record) -> dict[str, int]:
    """Return the numbers of a concrete record."""
    return {n: int(v) if (v := record.__dict__[n]) is True or v is False else v.raw for n in record.fields()}


class Values:
    """What the terms of a step come to at a concrete state and arguments."""

    def __init__(self, before: State, arguments: dict[str, Any]) -> None:
        """Take the state before the step, and its arguments as words."""
        self.before, self.memo = before, dict[int, int]()
        self.arguments = {f"arg!{n}": int(v) if v.__class__ is bool else v.raw for n, v in arguments.items()}

    def of(self, root: Node) -> int:
        """Return the number of a term."""
        for n in unknown(root, self.memo):
            xs = [self.memo[a.number] for a in n.args]
            self.memo[n.number] = self.leaf(n, tuple(xs)) if n.op in ("var", "app") else value_of(n, xs)
        return self.memo[root.number]

    def leaf(self, n: Node, key: tuple[int, ...]) -> int:
        """Return the number of an argument, or of a field of the state before the step."""
        if n.data in self.arguments:
            return int(self.arguments[n.data])
        part, _, name = str(n.data).rpartition(".")
        held = part_of(self.before, part)
        record = (held.points.get(key) or held.shape.record.default()) if isinstance(held, Map) else held
        return raw_fields(record)[name]


def part_of(state: State, name: str) -> Any:
    """Return a part of a state; a dotted name is that of a part of a state within."""
    found: Any = state
    for one in name.split("."):
        found = found.__dict__[one]
    return found


def difference(run: Exploration, before: State, arguments: dict[str, Any]) -> str:
    """Return in what the paths of a step say another thing than the step does at a state; nothing if they agree."""
    values = Values(before, arguments)
    succeeding = [p for p in run.paths if p.outcome == "ok" and values.of(p.condition)]
    refusals = [r for p in run.paths for c, r in p.refusals if values.of(c)]
    refusals += [p.value for p in run.paths if p.outcome == "refused" and values.of(p.condition)]
    try:
        after = run.transition(before, **arguments)
    except Refused as refused:
        reasons = {values.of(field_node(type(r), r)) for r in refusals}
        told = reasons == {refused.reason.raw} and not succeeding
        return "" if told else f"it is refused for {refused.reason!r}, which its paths do not say"
    if len(succeeding) != 1 or refusals:
        return f"it succeeds, and {len(succeeding)} of its paths and {len(refusals)} of its refusals hold there"
    return _other_state(values, succeeding[0], before, after)


def _other_state(values: Values, path: Path, before: State, after: State) -> str:
    """Return the first part in which a path leads to another state."""
    for name, shape in before.shapes().items():
        was, now, said = (part_of(s, name) for s in (before, after, path.value))
        if isinstance(shape, MapShape):
            for key in _keys(values, said, was, now):
                found = now.points.get(key) or shape.record.default()
                terms = said.read(tuple(const(k, t.width) for k, t in zip(key, shape.keys, strict=True)))
                if not _same(values, terms, found):
                    return f"it leaves {name}[{', '.join(map(hex, key))}] as its path does not say"
        elif not _same(values, said, now):
            return f"it leaves {name} as its path does not say"
    return ""


def _keys(values: Values, said: SymbolicMap, was: Map[Any, Any], now: Map[Any, Any]) -> list[tuple[int, ...]]:
    """Return the keys at which a map may have changed, in the run or by the path."""
    found, everywhere = dict.fromkeys(now.may_differ(was)), False
    while said.parent is not None:
        if said.update[0] == "set":
            found[tuple(values.of(k) for k in said.update[1])] = None
        everywhere = everywhere or said.update[0] != "set"
        said = said.parent
    return list(found | dict.fromkeys(was.points) if everywhere else found)


def _same(values: Values, terms: Record, found: Record) -> bool:
    """Say whether a record of terms comes to a record of numbers."""
    fields = raw_fields(found)
    return all(values.of(field_node(t, terms.__dict__[n])) == fields[n] for n, t in found.fields().items())
