"""A key: a subject, of which several things are asked, and the items that are."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

__all__ = ["Key", "joined"]


class Key(NamedTuple):
    """The digest of a subject, and those of its items by name."""

    subject: str
    items: dict[str, str]


def joined(*parts: bytes | str) -> str:
    """Return the digest of some parts, as text."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()[:40]
