"""The file of survivors: mutants that nothing notices, each with the reason why that breaks no promise.

The file is JSON, easy to read and to check: `{key: {"change": what the mutant changes, "why": one sentence}}`. The change is
kept beside the key so that an explanation cannot pass to another mutant when a function is edited. One that decides everything as
before says so (`"equivalent": true`). A reason that begins with `OPEN:` says that the survivor is not harmless, or not known to be:
a theorem is too weak there, or a line does nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofs.mutation.sources import Mutant

__all__ = ["DEFAULT", "OPEN", "Explained", "SurvivorsError", "as_json", "load", "stale"]

DEFAULT = Path(__file__).with_name("survivors.json")
OPEN = "OPEN:"


class SurvivorsError(Exception):
    """The file cannot be read, or has another form."""


@dataclass(frozen=True)
class Explained:
    """What a surviving mutant changes, and why that may be."""

    change: str
    why: str
    equivalent: bool = False


def load(path: Path) -> dict[str, Explained]:
    """Read the file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SurvivorsError(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise SurvivorsError(f"{path}: expected an object: key -> change and why")
    return {key: _entry(path, key, entry) for key, entry in data.items()}


def _entry(path: Path, key: str, entry: Any) -> Explained:
    fields = ("change", "why")
    own = {**entry} if isinstance(entry, dict) else {}
    equivalent = own.pop("equivalent", False)
    if sorted(own) != sorted(fields) or not all(isinstance(own[f], str) for f in fields) or not isinstance(equivalent, bool):
        raise SurvivorsError(f"{path}: {key}: expected two texts, 'change' and 'why', and perhaps 'equivalent', true or false")
    if not entry["why"].strip().removeprefix(OPEN).strip():
        raise SurvivorsError(f"{path}: {key}: 'why' is empty")
    return Explained(own["change"], own["why"], equivalent)


def stale(explained: dict[str, Explained], mutants: Iterable[Mutant]) -> list[str]:
    """Return a complaint for each entry that explains no mutant, or another one than it says."""
    known = {m.key: m for m in mutants}
    out = [f"{key}: there is no such mutant" for key in explained if key not in known]
    for key, entry in explained.items():
        if key in known and entry.change != known[key].text:
            out.append(f"{key}: it explains {entry.change!r}, but the mutant is now {known[key].text!r}")
    return out


def as_json(explained: dict[str, Explained]) -> str:
    """Return the text of the file."""
    data = {
        k: {"change": e.change, "why": e.why} | ({"equivalent": True} if e.equivalent else {}) for k, e in sorted(explained.items())
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
