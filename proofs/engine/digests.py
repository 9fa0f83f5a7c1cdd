"""Digests of terms, states and paths: equal digests mean the same formula, in any process and any run."""

from __future__ import annotations

import hashlib
from typing import Any

from proofs.engine.maps import SymbolicMap, field_node, truth_node, word_node
from proofs.engine.paths import Path
from proofs.engine.substitution import unknown
from proofs.engine.terms import Node
from pymodel.language.state import Record, State
from pymodel.language.truth import Truth
from pymodel.language.words import Word

__all__ = ["forget", "of_path", "of_term", "of_value", "operands"]

#: Operators whose operands stand in the order in which they were first met.
COMMUTATIVE = frozenset(("and", "or", "eq", "add", "mul", "xor"))
_MEMO: dict[int, bytes] = {}


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


def of_value(value: Any) -> bytes:
    """Return the digest of what a step returned or was given: a state, a record, a word, a truth value or a reason."""
    if isinstance(value, SymbolicMap):
        return _of_map(value)
    if isinstance(value, State):
        return _hash(*(of_value(getattr(value, name)) for name in value.shapes()))
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
