"""Digests of terms, states and paths: equal digests mean the same formula, in any process and any run.

What a term's type says of it (`terms.fact`) is not in the term's digest, nor are the defaults of records in a path's: both are in
the digests of the types that the terms come of (`of_type`, `of_state`). Of a state there is what a step changed: so a step that
leaves a policy's own parts alone is the reference's.
"""

from __future__ import annotations

import hashlib
from typing import Any

from proofs.engine.maps import SymbolicMap, field_node, truth_node, word_node
from proofs.engine.paths import Path
from proofs.engine.substitution import unknown
from proofs.engine.terms import Node
from pymodel.language.state import MapShape, Record, State
from pymodel.language.truth import Truth
from pymodel.language.words import Choice, Word

__all__ = ["forget", "of_path", "of_state", "of_term", "of_type", "of_types", "of_value", "operands"]

#: Operators whose operands stand in the order in which they were first met.
COMMUTATIVE = frozenset(("and", "or", "eq", "add", "mul", "xor"))
_MEMO: dict[int, bytes] = {}
_TYPES: dict[type, bytes] = {}


def forget() -> None:
    """Forget the digests of terms that are dropped."""
    _MEMO.clear()


def _hash(*parts: bytes | str) -> bytes:
    total = hashlib.blake2b(digest_size=16)
    for p in parts:
        data = p.encode() if isinstance(p, str) else p
        total.update(len(data).to_bytes(4, "big") + data)
    return total.digest()


def of_term(root: Node) -> bytes:
    """Return the digest of a term; shared terms are looked at once."""
    for n in unknown(root, _MEMO):
        below = [_MEMO[a.number] for a in n.args]
        if n.op in COMMUTATIVE:
            below.sort()
        _MEMO[n.number] = _hash(n.op, str(n.width), repr(n.data), *below)
    return _MEMO[root.number]


def operands(n: Node) -> tuple[Node, ...] | list[Node]:
    """Return a term's operands in an order that does not depend on when they were met."""
    return sorted(n.args, key=of_term) if n.op in COMMUTATIVE else n.args


def _of_record(record: Any) -> bytes:
    return _hash(type(record).__name__, *(of_term(field_node(t, record.__dict__[n])) for n, t in record.fields().items()))


def _of_map(m: SymbolicMap) -> bytes:
    if m.digest is None:
        m.digest = _of_updates(m)
    return m.digest


def _of_updates(m: SymbolicMap) -> bytes:
    parts: list[bytes | str] = [m.shape.name, m.prefix]
    here: SymbolicMap | None = m
    while here is not None and here.parent is not None:
        kind, keys, *rest = here.update
        if kind == "set":
            parts += [kind, *map(of_term, keys), _of_record(rest[0])]
        else:
            parts += [kind, *map(of_term, (*keys, *rest[0], rest[1]))]
        here = here.parent
    return _hash(*parts)


def _is_as_before(name: str, part: Any) -> bool:
    """Say whether a part of the state is as in the arbitrary state that a step begins with."""
    if isinstance(part, SymbolicMap):
        return part.parent is None and part.base is None and not part.prefix
    fields = ((n, field_node(t, part.__dict__[n])) for n, t in part.fields().items())
    return all(node.op == "var" and node.data == f"{name}.{n}" for n, node in fields)


def of_value(value: Any) -> bytes:
    """Return the digest of what a step returned or was given: a state, a record, a word, a truth value or a reason."""
    if isinstance(value, SymbolicMap):
        return _of_map(value)
    if isinstance(value, State):
        changed = ((name, getattr(value, name)) for name in value.shapes())
        return _hash("state", *(x for name, part in changed if not _is_as_before(name, part) for x in (name, of_value(part))))
    if isinstance(value, Record):
        return _of_record(value)
    if isinstance(value, Word):
        return of_term(word_node(value))
    if isinstance(value, bool | Truth):
        return of_term(truth_node(value))
    return _hash(repr(value))


def of_path(path: Path) -> bytes:
    """Return the digest of a path: its condition, what came out, what it read and where it would have been refused."""
    reads = [_hash(name, *map(of_term, keys)) for name, keys in path.reads]
    refusals = [_hash(of_term(condition), repr(reason)) for condition, reason in path.refusals]
    return _hash(of_term(path.condition), path.outcome, of_value(path.value), *reads, *refusals)


def of_type(kind: type) -> bytes:
    """Return the digest of a type: of a word its width and its names, of a record its fields with their types and defaults."""
    if kind not in _TYPES:
        _TYPES[kind] = _of_type(kind)
    return _TYPES[kind]


def _of_type(kind: type) -> bytes:
    if issubclass(kind, Record):
        default = kind.default()
        fields = [_hash(name, of_type(t), of_value(getattr(default, name))) for name, t in kind.fields().items()]
        return _hash("record", kind.__name__, *fields)
    if issubclass(kind, Choice):
        return _hash("choice", kind.__name__, str(kind.width), *kind.names)
    return _hash("bool") if kind is bool else _hash("word", kind.__name__, str(kind.width))  # type: ignore[attr-defined]


def of_types(types: dict[str, type]) -> bytes:
    """Return the digest of names with their types, as arguments and keys are declared."""
    return _hash(*(part for name, kind in types.items() for part in (name, of_type(kind))))


def of_state(kind: type[State]) -> bytes:
    """Return the digest of what a state is made of: its maps with the types of their keys and records, and its single records."""
    parts: list[bytes | str] = []
    for name, shape in kind.shapes().items():
        if isinstance(shape, MapShape):
            parts += [name, "map", str(len(shape.keys)), *map(of_type, shape.keys), of_type(shape.record)]
        else:
            parts += [name, "one", of_type(shape)]
    return _hash(*parts)
