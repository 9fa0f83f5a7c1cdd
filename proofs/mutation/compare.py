"""Comparing two symbolic executions of one step: term by term, and as statements that the solver decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import permutations
from typing import Any

from proofs.engine.maps import SymbolicMap, field_node
from proofs.engine.paths import Path
from proofs.engine.terms import FALSE, Node, conj, disj, equal, neg
from proofs.statements import OWN_AREA, Kind, Statement
from pymodel.language.state import MapShape, Record, State
from pymodel.language.truth import Truth

__all__ = ["Comparison", "changed_fields", "differing_parts", "mentioned", "same_terms"]


def fields_of(record: Record) -> list[Node]:
    """Return the terms of a record's fields."""
    return [field_node(t, getattr(record, name)) for name, t in record.fields().items()]


def signature(part: Any) -> tuple[Any, ...]:
    """Return what a step did to a map (its updates, newest first), or the terms of a record."""
    if not isinstance(part, SymbolicMap):
        return tuple(n.number for n in fields_of(part))
    updates = []
    while part.parent is not None:
        kind, *rest = part.update
        if kind == "set":
            keys, record, _ = rest
            updates.append((kind, *(k.number for k in keys), *(n.number for n in fields_of(record))))
        else:
            updates.append((kind, rest[-1].number))
        part = part.parent
    return tuple(updates)


def signatures(path: Path) -> dict[str, tuple[Any, ...]]:
    """Return what a path did to each part of the state."""
    return {name: signature(getattr(path.value, name)) for name in path.value.shapes()}


def same_terms(mutant: list[Path], reference: list[Path]) -> bool:
    """Say whether two executions have the same paths: the same conditions (in any order) and the same updates."""

    def all_of_it(paths: list[Path]) -> set[Any]:
        return {(frozenset(n.number for n in _parts(p)), tuple(signatures(p).items())) for p in paths}

    return all_of_it(mutant) == all_of_it(reference)


def differing_parts(mutant: list[Path], reference: list[Path]) -> list[str]:
    """Return the parts of the state that are not written alike on all paths."""
    seen: dict[str, set[tuple[Any, ...]]] = {}
    for path in [*mutant, *reference]:
        for name, found in signatures(path).items():
            seen.setdefault(name, set()).add(found)
    return [name for name, found in seen.items() if len(found) > 1]


def mentioned(roots: Iterable[Node]) -> set[str]:
    """Return the fields of the state, as `part.field`, that occur in some terms."""
    seen: set[int] = set()
    found: set[str] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.number not in seen:
            seen.add(node.number)
            stack.extend(node.args)
            if node.op in ("app", "var") and "!" not in node.data:
                found.add(node.data)
    return found


def changed_fields(mutant: list[Path], reference: list[Path]) -> set[str]:
    """Return the fields that other values are written to, and those in the conditions that one execution has alone."""
    conditions = [_by_number(_parts(p) for p in paths) for paths in (mutant, reference)]
    found = mentioned(n for one, other in permutations(conditions) for number, n in one.items() if number not in other)
    values = [_values(paths) for paths in (mutant, reference)]
    return found | {field for field in {*values[0], *values[1]} if values[0].get(field) != values[1].get(field)}


def _parts(path: Path) -> tuple[Node, ...]:
    return path.condition.args if path.condition.op == "and" else (path.condition,)


def _by_number(groups: Iterable[Iterable[Node]]) -> dict[int, Node]:
    return {n.number: n for group in groups for n in group}


def _values(paths: list[Path]) -> dict[str, set[int]]:
    """Return, for each field, the terms that are written to it."""
    out: dict[str, set[int]] = {}
    for path in paths:
        for name in path.value.shapes():
            part = getattr(path.value, name)
            while isinstance(part, SymbolicMap) and part.parent is not None:
                if part.update[0] == "set":
                    written = part.update[2]
                    for field, n in zip(written.fields(), fields_of(written), strict=True):
                        out.setdefault(f"{name}.{field}", set()).add(n.number)
                part = part.parent
            if isinstance(part, Record):
                for field, n in zip(part.fields(), fields_of(part), strict=True):
                    out.setdefault(f"{name}.{field}", set()).add(n.number)
    return out


class Comparison:
    """Statements about a step that say that it does what it does in `against`, the paths of another execution of it."""

    def __init__(self, kind: type[State]) -> None:
        """Make one statement for each part of the state, and two about success."""
        self.against: list[Path] = []
        self.parts = {name: self._part(name, shape) for name, shape in kind.shapes().items()}
        self.accepted = _statement("accepted", {}, self._accepted)
        self.never = _statement("never", {}, lambda *_: FALSE)
        self.statements = [*self.parts.values(), self.accepted, self.never]

    def _part(self, name: str, shape: MapShape | type[Record]) -> Statement:
        params = {f"key{n}": t for n, t in enumerate(shape.keys)} if isinstance(shape, MapShape) else {}

        def agrees(after: Any, keys: tuple[Any, ...]) -> Node:
            key = keys if len(keys) > 1 else keys[0] if keys else None

            def at(state: Any) -> list[Node]:
                part = getattr(state, name)
                return fields_of(part if key is None else part[key])

            here = at(after)
            return conj([disj([neg(p.condition), *_all_equal(here, at(p.value))]) for p in self.against])

        return _statement(f"same_{name}", params, self._noting(agrees))

    def _noting(self, function: Callable[[Any, tuple[Any, ...]], Node]) -> Callable[[Any, tuple[Any, ...]], Node]:
        """Let what the other execution reads count as read, so that invariants are used there too."""

        def noting(after: Any, keys: tuple[Any, ...]) -> Node:
            assert Node.current is not None
            for path in self.against:
                Node.current.reads.update(path.reads)
            return function(after, keys)

        return noting

    def _accepted(self, after: Any, keys: tuple[Any, ...]) -> Node:
        return self._noting(lambda _after, _keys: disj([p.condition for p in self.against]))(after, keys)


def _all_equal(xs: list[Node], ys: list[Node]) -> list[Node]:
    return [conj([equal(x, y) for x, y in zip(xs, ys, strict=True)])]


def _statement(name: str, params: dict[str, Any], function: Callable[[Any, tuple[Any, ...]], Node]) -> Statement:
    def holds(_before: Any, _name: str, _arguments: dict[str, Any], after: Any, *keys: Any) -> Truth | bool:
        if Node.current is None:  # the solver's answer, run concretely: there is nothing to compare with
            return False
        return Truth(function(after, keys))

    return Statement(f"mutant_{name}", Kind.STEP, holds, params, "", __file__, 0, OWN_AREA)
