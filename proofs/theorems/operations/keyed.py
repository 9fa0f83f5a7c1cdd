"""Statements about a step that are made alike for several maps of the state, each over all keys of its map."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any

from proofs.statements import step
from pymodel.language.state import MapShape
from pymodel.language.truth import all_of
from pymodel.machine import MachineState

__all__ = ["at_key", "begins", "step_at_each_key"]


def at_key(part: Any, key: tuple[Any, ...]) -> Any:
    """Return a record of a part of the state; of which there is only one, that."""
    return part[key if len(key) > 1 else key[0]] if key else part


def begins(wanted: Any, key: tuple[Any, ...]) -> bool:
    """Say whether a key is the one that is wanted, or begins as it says."""
    return all_of(*(a == b for a, b in zip(wanted if isinstance(wanted, tuple) else (wanted,), key, strict=False)))


def step_at_each_key(part: str, name: str, doc: str, statement: Callable[..., bool]) -> Callable[..., Any]:
    """Declare a statement `(s, name, args, after, *key)` over all keys of a part of the state; a single record has none."""
    shape = MachineState.shapes()[part]
    keys = {f"key{n}": kind for n, kind in enumerate(shape.keys)} if isinstance(shape, MapShape) else {}
    own = list(signature(statement).parameters.values())[:4]
    added = [Parameter(n, Parameter.POSITIONAL_OR_KEYWORD) for n in keys]
    statement.__signature__ = Signature([*own, *added])  # type: ignore[attr-defined]
    statement.__annotations__ |= keys
    statement.__name__, statement.__doc__ = name, doc
    return step(statement)
