"""TLA+ values, in the form that ITF gives them as JSON, and as text.

One form serves both checkers (`proofs.tla.printed` reads what TLC prints into it): an integer is `{"#bigint": "3"}`, a set
`{"#set": [...]}`, a tuple or sequence `{"#tup": [...]}`, a function `{"#map": [[argument, value], ...]}`, a record an object;
strings, model values and truth values are their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["text"]


def text(value: Any) -> str:
    """Return an ITF value as TLA+ text: sets and functions in a fixed order, a name without the quotes of a string."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value if value.isidentifier() else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"<<{', '.join(map(text, value))}>>"
    if isinstance(value, Mapping):
        return _compound(value)
    return str(value)


def _compound(value: Mapping[str, Any]) -> str:
    if "#bigint" in value:
        return str(value["#bigint"])
    if "#set" in value:
        return "{" + ", ".join(map(text, sorted(value["#set"], key=_order))) + "}"
    if "#tup" in value:
        return f"<<{', '.join(map(text, value['#tup']))}>>"
    if "#map" in value:
        pairs = sorted(value["#map"], key=lambda pair: _order(pair[0]))
        return "(" + " @@ ".join(f"{text(k)} :> {text(v)}" for k, v in pairs) + ")"
    if "#unserializable" in value:
        return str(value["#unserializable"])
    return "[" + ", ".join(f"{name} |-> {text(v)}" for name, v in value.items()) + "]"


def _order(value: Any) -> tuple[int, int, str]:
    """Order values: numbers as numbers, all else by its text."""
    if isinstance(value, Mapping) and "#bigint" in value:
        return 0, int(value["#bigint"]), ""
    return 1, 0, text(value)
