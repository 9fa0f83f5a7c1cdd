"""Cells of the state: which of them code reads, which a step changed, and which contradict a statement together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from proofs.search.concrete import changed_keys, raw_keys
from proofs.search.replaying import Step, outcome
from proofs.statements import Kind, Statement
from pymodel.language.state import Map, MapShape, Record, State

__all__ = ["Cell", "at", "changed", "contradicting", "holds", "noting", "reads_of"]


@dataclass(frozen=True)
class Cell:
    """A part of the state and the raw key of one of its records; a part that is one record has no key."""

    part: str
    raw: tuple[int, ...] = ()

    def key(self, state: Any) -> tuple[Any, ...]:
        """Return the key as words."""
        shape = state.shapes()[self.part]
        return getattr(state, self.part).key_words(self.raw) if isinstance(shape, MapShape) else ()


def part_of(state: Any, name: str) -> Any:
    """Return a part of a state, of one within it too."""
    return state.__dict__[name]


def at(state: Any, cell: Cell) -> Record:
    """Return the record at a cell."""
    part, shape = part_of(state, cell.part), state.shapes()[cell.part]
    found: Record = part.points.get(cell.raw, shape.record.default()) if isinstance(shape, MapShape) else part
    return found


def written(state: Any, cell: Cell, record: Record) -> Any:
    """Return a state with another record at a cell, whosever it is."""
    shape = state.shapes()[cell.part]
    if not isinstance(shape, MapShape):
        parts: dict[str, Any] = {cell.part: record}
    else:
        old = part_of(state, cell.part)
        parts = {cell.part: Map(shape, old.points.insert(cell.raw, record))}
    return type(state)(**{name: part_of(state, name) for name in state.shapes()} | parts)


def changed(before: State, after: State) -> list[Cell]:
    """Return the cells at which two states differ, of the parts that both have."""
    out: list[Cell] = []
    others = after.shapes()
    for name, shape in before.shapes().items():
        if name not in others:
            continue
        old, new = part_of(before, name), part_of(after, name)
        if old is new:
            continue
        if not isinstance(shape, MapShape):
            out += [Cell(name)] if old != new else []
            continue
        cells = [Cell(name, tuple(raw_keys(key))) for key in sorted(changed_keys(old, new), key=raw_keys)]
        out += [cell for cell in cells if at(before, cell) != at(after, cell)]
    return out


@contextmanager
def noting() -> Iterator[list[Cell]]:
    """Note every cell of a map that is read meanwhile, in order."""
    seen: list[Cell] = []
    read = Map.__getitem__

    def noted(self: Map[Any, Any], key: Any) -> Any:
        found = read(self, key)
        words = key if key.__class__ is tuple else (key,)
        seen.append(Cell(self.shape.name, tuple([w.raw for w in words])))
        return found

    Map.__getitem__ = noted  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        Map.__getitem__ = read  # type: ignore[method-assign]


def reads_of(step: Step) -> list[Cell]:
    """Return the cells that a step reads."""
    with noting() as seen:
        outcome(step.transition, step.before, step.typed)
    return list(dict.fromkeys(seen))


def holds(statement: Statement, step: Step, keys: tuple[Any, ...], before: Any, after: Any) -> bool:
    """Say whether a statement holds of a step, with other states in the place of those around it."""
    if statement.of_one_state:
        return bool(statement.function(after, *keys))
    said = step.reason if statement.kind == Kind.REFUSAL else after
    return bool(statement.function(before, step.transition.name, step.typed, said, *keys))


def contradicting(statement: Statement, step: Step, keys: tuple[Any, ...], earlier: Callable[[Cell], Record]) -> list[Cell]:
    """Return the cells that a statement reads, without any of which as it is the statement would hold.

    A cell is taken for its default, and for what it was last (`earlier`); a statement that cannot be read then does not count.
    """
    with noting() as seen:
        holds(statement, step, keys, step.before, step.after)
    out: list[Cell] = []
    for cell in dict.fromkeys(seen):
        now = at(step.after, cell)
        for other in (type(now).default(), earlier(cell)):
            if other == now:
                continue
            try:
                state = written(step.after, cell, other)
                fine = holds(statement, step, keys, state if statement.kind == Kind.REFUSAL else step.before, state)
            except Exception:  # noqa: BLE001, S112 - a state that no run reaches
                continue
            if fine:
                out.append(cell)
                break
    return out
