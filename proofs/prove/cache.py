"""The proof cache: what was decided, by what it is known by, in SQLite with JSON values. It stores verdicts, never code.

It lies in the user's cache folder and serves every directory. A row is a subject, an item of it and a value, under a seal: the
digest of all three. A row whose seal is another counts as not stored, so that damaged and exchanged rows cost time alone. Whoever
reads asks for what he needs by name, and decides again whatever is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from proofs.engine.keys.key import Key
from proofs.verdicts import Obligation, ObligationVerdict, Seen

__all__ = ["FILE", "Cache", "files", "folder", "keep_obligations", "keep_seen", "kept_obligations", "kept_seen"]

#: The file's name; another layout of the tables takes another name.
FILE = "proofs-1.sqlite"
#: Bytes that the rows may take; then those that were not used for longest go.
LIMIT = 256 << 20
#: Seconds that a second process may be waited for, and after which it is noted again that something was used.
PATIENCE, HOUR = 5.0, 3600
#: Verdicts that are kept; what a solver gave up, or contradicted, is asked again.
KEPT = {ObligationVerdict.PROVED, ObligationVerdict.FRAMED, ObligationVerdict.CTI}
TABLES = (
    "create table if not exists row (subject blob, item blob, value blob, seal blob, primary key (subject, item)) without rowid",
    "create table if not exists subject (subject blob primary key, used integer) without rowid",
)


def folder() -> Path:
    """Return the user's folder for it: $RINGFENCE_CACHE, or else `ringfence` in the user's cache folder."""
    own, base = os.environ.get("RINGFENCE_CACHE"), os.environ.get("XDG_CACHE_HOME")
    return Path(own) if own else (Path(base) if base else Path.home() / ".cache") / "ringfence"


def files(place: Path) -> list[Path]:
    """Return the cache's files in a folder: the tables, and what SQLite keeps beside them."""
    return sorted(place.glob(FILE + "*"))


class Cache:
    """Values by subject and item. A cache that cannot be opened, read or written says so once, and is done without."""

    def __init__(self, place: Path | None, warn: Callable[[str], None], limit: int = LIMIT) -> None:
        """Open the cache in a folder, or none."""
        self.place, self.warn, self.limit = place, warn, limit
        self.connection: sqlite3.Connection | None = None
        self.used: set[bytes] = set()
        self.now = int(time.time())
        if place is not None:
            self._safely(lambda: self._open(place))

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Note what was used, drop what is too much, and close."""
        if self.connection is not None:
            self._safely(self._trim)
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def get(self, subject: str) -> dict[str, Any]:
        """Return the values of a subject by item, without those whose seal is not theirs."""
        name, found = subject.encode(), dict[str, Any]()
        rows = self._safely(lambda: self._rows(name)) or []
        good = [(item, value) for item, value, seal in rows if seal == sealed(name, item, value)]
        with suppress(ValueError):
            found = dict(
                zip([item.decode() for item, _ in good], json.loads(b"[%b]" % b",".join([v for _, v in good])), strict=True)
            )
        if found:
            self.used.add(name)
        return found

    def put(self, subject: str, values: dict[str, Any]) -> None:
        """Store values of a subject, beside others that it has."""
        name = subject.encode()
        rows = [(name, i.encode(), json.dumps(v, separators=(",", ":")).encode()) for i, v in values.items()]
        self._safely(lambda: self._store(name, [(*row, sealed(*row)) for row in rows]))

    def _safely(self, work: Callable[[], Any]) -> Any:
        """Do something with the file; if that fails, say so and go on without the cache."""
        if self.place is None:
            return None
        try:
            return work()
        except (OSError, sqlite3.Error) as error:
            damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
            hint = "; it is damaged: `ringfence cache --clear` makes room for a new one" if damaged else ""
            self.warn(f"the proof cache in {self.place} is not used: {error}{hint}")
            self.place = None
            return None

    def _open(self, place: Path) -> None:
        place.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(place / FILE, timeout=PATIENCE)
        for command in ("pragma auto_vacuum = incremental", "pragma synchronous = normal", *TABLES):
            self.connection.execute(command)
        with suppress(sqlite3.OperationalError):  # another process is at it, or the file system cannot: then they take turns
            self.connection.execute("pragma journal_mode = wal")

    def _rows(self, name: bytes) -> list[tuple[bytes, bytes, bytes]]:
        assert self.connection is not None
        return self.connection.execute("select item, value, seal from row where subject = ?", (name,)).fetchall()

    def _store(self, name: bytes, rows: list[tuple[bytes, bytes, bytes, bytes]]) -> None:
        assert self.connection is not None
        with self.connection:
            self.connection.execute("insert or replace into subject values (?, ?)", (name, self.now))
            self.connection.executemany("insert or replace into row values (?, ?, ?, ?)", rows)

    def _trim(self) -> None:
        """Note what was used; then drop the subjects that were not used for longest until the rest is small enough."""
        assert self.connection is not None
        with self.connection:
            stale = [(self.now, name, self.now - HOUR) for name in self.used]
            self.connection.executemany("update subject set used = ? where subject = ? and used < ?", stale)
        while self._size() > self.limit:
            oldest = self.connection.execute(
                "select subject from subject order by used limit 1 + (select count(*) from subject) / 8"
            )
            names = oldest.fetchall()
            if not names:
                break
            with self.connection:
                self.connection.executemany("delete from row where subject = ?", names)
                self.connection.executemany("delete from subject where subject = ?", names)
            self.connection.execute("pragma incremental_vacuum").fetchall()

    def _size(self) -> int:
        assert self.connection is not None
        pages, free, size = (
            self.connection.execute(f"pragma {what}").fetchone()[0] for what in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)


def sealed(subject: bytes, item: bytes, value: bytes) -> bytes:
    """Return the seal of a row."""
    return hashlib.blake2b(b"\0".join((subject, item, value)), digest_size=16).digest()


def kept_obligations(store: Cache, key: Key, asked: dict[str, tuple[str, str]], place: str = "") -> dict[str, Obligation]:
    """Return what is known of what is asked: for each item its step and statement; `place` goes in front of why one fails."""
    found = store.get(key.subject)
    out: dict[str, Obligation] = {}
    for name, pair in asked.items():
        told = found.get(key.items.get(name, ""))
        if told is None:
            continue
        try:
            verdict, arbitrary = (ObligationVerdict(told[part]) if part in told else None for part in ("verdict", "arbitrary"))
            lists = {part: tuple(told.get(part, ())) for part in ("relies_on", "answers")}
            one = Obligation(**{**told, **lists, "verdict": verdict or ObligationVerdict.UNKNOWN, "arbitrary": arbitrary})
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
        if (one.step, one.statement) == pair and is_kept(one):
            one.where = one.where and place + one.where
            out[name] = one
    return out


def is_kept(o: Obligation) -> bool:
    """Say whether what is known of an obligation is known for good."""
    return {o.verdict, o.arbitrary or o.verdict} <= KEPT


def keep_obligations(store: Cache, key: Key, decided: dict[str, Obligation], place: str = "") -> None:
    """Store what is decided, each item by itself; its place in a file is no part of it."""
    values: dict[str, Any] = {}
    for name, o in decided.items():
        if is_kept(o) and name in key.items:
            told = {part: value for part, value in vars(o).items() if value or part == "verdict"}
            values[key.items[name]] = told | ({"where": o.where.removeprefix(place)} if o.where else {})
    if values:
        store.put(key.subject, values)


def kept_seen(store: Cache, subject: str) -> Seen | None:
    """Return what the scenarios showed, if that is known."""
    try:
        found = store.get(subject)["seen"]
        cases, away = ({str(k): [str(c) for c in v] for k, v in found[name].items()} for name in ("cases", "kept_away"))
        return Seen(cases, set(found["succeeded"]), int(found["cut"]), away, set(found["kept_back"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def keep_seen(store: Cache, subject: str, seen: Seen) -> None:
    """Store what the scenarios showed."""
    told = {"cases": seen.cases, "cut": seen.cut, "kept_away": seen.kept_away}
    store.put(subject, {"seen": told | {"succeeded": sorted(seen.succeeded), "kept_back": sorted(seen.kept_back)}})
