"""What the values of a record are to a reader: which of them are names, and whose the thing is that it is about."""

from __future__ import annotations

from typing import Any

from proofs.report.refutation.roles import NAMES
from pymodel.hardware.ids import Vm
from pymodel.hypervisor.ids import Name
from pymodel.language.state import GHOST

__all__ = ["fields_of", "is_record", "owner_of", "values_of", "words_of"]


def is_record(value: Any) -> bool:
    """Say whether a value is a record."""
    return hasattr(value, "fields")


def fields_of(record: Any, kind: type) -> list[Any]:
    """Return the values of a record's fields of one type that name something."""
    return [word for n, t in record.fields().items() if t is kind and (word := getattr(record, n)).raw]


def values_of(record: Any) -> list[Any]:
    """Return the values of a record's fields."""
    return [getattr(record, name) for name in record.fields()]


def words_of(record: Any) -> list[Any]:
    """Return the names in a record's fields that are not at their default, its ghosts not counted."""
    owners, default = record.owners(), record.default()
    words = [(n, getattr(record, n)) for n, kind in record.fields().items() if kind in NAMES and owners[n] is not GHOST]
    return [word for n, word in words if word != getattr(default, n)]


def owner_of(key: Any, record: Any) -> Any:
    """Return the VM that a thing belongs to: its name says so, or its record."""
    return key.vm if isinstance(key, Name) else next(iter(fields_of(record, Vm)), None)
