"""The proof cache: verdicts by digest, in SQLite with JSON values. It stores what was decided, never code."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path

from proofs.checkers.results import Obligation

__all__ = ["Cache", "default_path"]


def default_path() -> Path:
    """Return where the cache is kept: below the working directory."""
    return Path(".ringfence") / "cache.sqlite"


class Cache:
    """Finished obligations of one step, by the digest of everything that they depend on."""

    def __init__(self, path: Path | None) -> None:
        """Open the cache, or none; a cache that cannot be opened is left alone."""
        self.connection: sqlite3.Connection | None = None
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(path, timeout=5)
            self.connection.execute("create table if not exists steps (digest text primary key, value text not null)")
        except (OSError, sqlite3.Error):
            self.connection = None

    def get(self, digest: str) -> list[Obligation] | None:
        """Return the obligations stored under a digest; anything unreadable counts as not stored."""
        if self.connection is None:
            return None
        try:
            row = self.connection.execute("select value from steps where digest = ?", (digest,)).fetchone()
            return None if row is None else [_read(o) for o in json.loads(row[0])]
        except (sqlite3.Error, ValueError, TypeError, KeyError):
            return None

    def put(self, digest: str, obligations: list[Obligation]) -> None:
        """Store finished obligations; a full disk costs the cache and nothing else."""
        if self.connection is None:
            return
        try:
            with self.connection:
                value = json.dumps([asdict(o) for o in obligations])
                self.connection.execute("insert or replace into steps values (?, ?)", (digest, value))
        except sqlite3.Error:
            self.connection = None


def _read(data: dict[str, object]) -> Obligation:
    data["relies_on"] = tuple(data["relies_on"])  # type: ignore[arg-type]
    return Obligation(**data)  # type: ignore[arg-type]
