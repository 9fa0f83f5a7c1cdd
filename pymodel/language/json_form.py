"""The JSON form of a state, for reports and traces.

It holds what differs from the default; the words keep their numbers, a choice its name.

Read next: `pymodel.language.outcomes`.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pymodel.language.state import Map, MapShape, Record, State
from pymodel.language.words import Choice, Word

__all__ = ["read_json", "record_json", "record_read", "write_json"]

R = TypeVar("R", bound=Record)
S = TypeVar("S", bound=State)


def _field_json(value: Any) -> Any:
    if isinstance(value, Choice):
        return value.names[value.raw]
    return value.raw if isinstance(value, Word) else value


def _field_read(kind: type, value: Any) -> Any:
    if issubclass(kind, Choice):
        return kind(kind.names.index(value))
    return kind(value) if issubclass(kind, Word) else bool(value)


def record_json(record: Record) -> dict[str, Any]:
    """Return the fields that differ from the default."""
    default = record.default()
    pairs = ((name, record.__dict__[name], default.__dict__[name]) for name in record.fields())
    return {name: _field_json(value) for name, value, usual in pairs if value != usual}


def record_read(kind: type[R], data: dict[str, Any]) -> R:
    """Read a record back; a wrong name or a value out of range is a `ValueError` or `KeyError`."""
    fields = kind.fields()
    return kind.default().replace(**{name: _field_read(fields[name], value) for name, value in data.items()})


def write_json(state: State) -> dict[str, Any]:
    """Return the JSON form of a state: only what differs from the default."""
    out: dict[str, Any] = {}
    for name, shape in state.shapes().items():
        part = state.__dict__[name]
        if isinstance(shape, MapShape):
            cells = [{"key": [_field_json(k) for k in key], "is": record_json(r)} for key, r in part.items()]
            if cells:
                out[name] = cells
        elif record_json(part):
            out[name] = record_json(part)
    return out


def read_json(kind: type[S], data: dict[str, Any]) -> S:
    """Read a state back from its JSON form."""
    parts: dict[str, Any] = {}
    shapes = kind.shapes()
    for name, value in data.items():
        shape = shapes[name]
        if isinstance(shape, MapShape):
            part: Map[Any, Any] = Map(shape)
            for cell in value:
                key = tuple(_field_read(t, k) for t, k in zip(shape.keys, cell["key"], strict=True))
                part = part._write(key if len(key) > 1 else key[0], record_read(shape.record, cell["is"]))
            parts[name] = part
        else:
            parts[name] = record_read(shape, value)
    return kind(**parts)
