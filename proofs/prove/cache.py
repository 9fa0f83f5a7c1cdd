"""The proof cache: verdicts by digest, in SQLite with JSON values. It stores what was decided, never code."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any

from proofs.verdicts import Obligation, ObligationVerdict, Seen

__all__ = ["Cache", "default_path"]


def default_path() -> Path:
    """Return where the cache is kept: below the working directory."""
    return Path(".ringfence") / "cache.sqlite"


class Cache:
    """Finished obligations of a step, and what a policy's scenarios showed, by the digest of all that they depend on."""

    def __init__(self, path: Path | None) -> None:
        """Open the cache, or none; a cache that cannot be opened is left alone."""
        self.connection: sqlite3.Connection | None = None
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(path, timeout=5)
            self.connection.execute("create table if not exists steps (digest text primary key, value text not null)")
            self.connection.execute("create table if not exists witnesses (digest text primary key, value text not null)")
        except (OSError, sqlite3.Error):
            self.connection = None

    def get(self, digest: str) -> list[Obligation] | None:
        """Return the obligations stored under a digest; anything unreadable counts as not stored."""
        try:
            found = self._find("select value from steps where digest = ?", digest)
            return None if found is None else [_read(o) for o in found]
        except (ValueError, TypeError, KeyError):
            return None

    def put(self, digest: str, obligations: list[Obligation]) -> None:
        """Store finished obligations; a full disk costs the cache and nothing else."""
        self._store("insert or replace into steps values (?, ?)", digest, [asdict(o) for o in obligations])

    def seen(self, digest: str) -> Seen | None:
        """Return what the scenarios showed under a digest of the model; anything unreadable counts as not stored."""
        try:
            found = self._find("select value from witnesses where digest = ?", digest)
            return None if found is None else Seen(dict(found["cases"]), set(found["succeeded"]), int(found["cut"]))
        except (ValueError, TypeError, KeyError):
            return None

    def put_seen(self, digest: str, seen: Seen) -> None:
        """Store what the scenarios showed."""
        value = {"cases": seen.cases, "succeeded": sorted(seen.succeeded), "cut": seen.cut}
        self._store("insert or replace into witnesses values (?, ?)", digest, value)

    def _find(self, query: str, digest: str) -> Any:
        if self.connection is None:
            return None
        try:
            row = self.connection.execute(query, (digest,)).fetchone()
        except sqlite3.Error:
            return None
        return None if row is None else json.loads(row[0])

    def _store(self, command: str, digest: str, value: Any) -> None:
        if self.connection is None:
            return
        try:
            with self.connection:
                self.connection.execute(command, (digest, json.dumps(value)))
        except sqlite3.Error:
            self.connection = None


def _read(data: dict[str, Any]) -> Obligation:
    return Obligation(**{**data, "verdict": ObligationVerdict(data["verdict"]), "relies_on": tuple(data["relies_on"])})
