"""The proof cache: rows that are damaged, exchanged or missing, several processes at once, a bound, and no cache at all."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from proofs.engine.keys.key import Key
from proofs.prove import cache
from proofs.prove.cache import FILE, Cache, keep_obligations, keep_seen, kept_obligations, kept_seen
from proofs.verdicts import Obligation, ObligationVerdict, Seen

KEY = Key("subject", {"one": "item 1", "two": "item 2", "three": "item 3"})
PROVED = {
    "one": Obligation(
        "pin", "one", ObligationVerdict.PROVED, 1.5, 70, "", ("one", "other"), {"z3": "unsat"}, arbitrary=ObligationVerdict.PROVED
    ),
    "two": Obligation("pin", "two", ObligationVerdict.FRAMED, relies_on=("two",)),
    "three": Obligation(
        "pin", "three", ObligationVerdict.CTI, where="own.py:7 pin is refused", relies_on=("three",), cti={"keys": [1]}
    ),
}
ASKED = {name: ("pin", name) for name in PROVED}


def silent(text: str) -> None:
    """Fail if the cache complains."""
    pytest.fail(text)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Return the folder of a cache with three obligations."""
    with Cache(tmp_path, silent) as store:
        keep_obligations(store, KEY, PROVED)
    return tmp_path


def kept(folder: Path, asked: dict[str, tuple[str, str]] | None = None) -> dict[str, Obligation]:
    """Return what a cache has of what is asked."""
    with Cache(folder, silent) as store:
        return kept_obligations(store, KEY, asked or ASKED)


def change(folder: Path, *commands: str) -> None:
    """Change the rows of a cache behind its back."""
    with sqlite3.connect(folder / FILE) as connection:
        for command in commands:
            assert connection.execute(command).rowcount
    connection.close()


def test_obligations_come_back_as_they_were(filled: Path) -> None:
    """Whatever is stored is read again, whole, and nothing under another subject."""
    assert kept(filled) == PROVED
    with Cache(filled, silent) as store:
        assert kept_obligations(store, KEY._replace(subject="other"), ASKED) == {}


def test_the_place_of_a_step_is_not_stored(tmp_path: Path) -> None:
    """Why an obligation fails is told with the place where the step stands now."""
    with Cache(tmp_path, silent) as store:
        keep_obligations(store, KEY, PROVED, "own.py:7 ")
        assert kept_obligations(store, KEY, ASKED, "moved.py:9 ")["three"].where == "moved.py:9 pin is refused"


def test_what_was_not_decided_is_not_stored(tmp_path: Path) -> None:
    """An obligation that no solver decided, or of which they disagree, is asked again; so is one without a key."""
    undecided = {
        "one": Obligation("pin", "one", ObligationVerdict.UNKNOWN),
        "two": Obligation("pin", "two", ObligationVerdict.DISAGREEMENT),
    }
    with Cache(tmp_path, silent) as store:
        keep_obligations(store, KEY, undecided | {"four": Obligation("pin", "four", ObligationVerdict.PROVED)})
        assert kept_obligations(store, KEY, ASKED) == {}


@pytest.mark.parametrize("column", ["subject", "item", "value", "seal"])
def test_a_flipped_byte_costs_its_row(filled: Path, column: str) -> None:
    """Each row with one byte changed, in whatever column, counts as not stored; the others are still good."""
    with sqlite3.connect(filled / FILE) as connection:
        rows = connection.execute("select subject, item, value, seal from row order by item").fetchall()
        position = ["subject", "item", "value", "seal"].index(column)
        for byte in range(len(rows[0][position])):
            changed = bytearray(rows[0][position])
            changed[byte] ^= 1
            row = [*rows[0][:position], bytes(changed), *rows[0][position + 1 :]]
            connection.execute("delete from row where item not in (?, ?)", (rows[1][1], rows[2][1]))
            connection.execute("insert into row values (?, ?, ?, ?)", row)
            connection.commit()
            assert kept(filled) == {"two": PROVED["two"], "three": PROVED["three"]}
    connection.close()


@pytest.mark.parametrize("columns", ["value", "value, seal"])
def test_exchanged_values_are_not_believed(filled: Path, columns: str) -> None:
    """A value that stands at another's item counts as not stored, with or without the seal that belongs to it."""
    other = "(select {} from row where item = x'6974656d2032')"
    exchanged = ", ".join(f"{column} = {other.format(column)}" for column in columns.split(", "))
    change(filled, f"update row set {exchanged} where item = x'6974656d2031'")  # noqa: S608 - ours
    assert kept(filled) == {"two": PROVED["two"], "three": PROVED["three"]}


@pytest.mark.parametrize("pair", [("one", "item"), ("two", "other")])
def test_a_seal_is_of_a_subject_and_an_item(tmp_path: Path, pair: tuple[str, str]) -> None:
    """A whole row that was copied to another item, or another subject, counts as not stored there."""
    with Cache(tmp_path, silent) as store:
        store.put("one", {"item": 1, "other": 2})
        store.put("two", {"item": 3, "other": 4})
    with sqlite3.connect(tmp_path / FILE) as connection:
        copied = connection.execute("select value, seal from row where subject = ? and item = ?", (b"one", b"other")).fetchone()
        name = (pair[0].encode(), pair[1].encode())
        connection.execute("update row set value = ?, seal = ? where subject = ? and item = ?", (*copied, *name))
    connection.close()
    expected = {"one": {"item": 1, "other": 2}, "two": {"item": 3, "other": 4}}
    del expected[pair[0]][pair[1]]
    with Cache(tmp_path, silent) as store:
        assert {subject: store.get(subject) for subject in expected} == expected


def test_a_value_says_itself_what_it_is_of(filled: Path) -> None:
    """An obligation of another step or statement is not believed, even if it is sealed at this item."""
    with Cache(filled, silent) as store:
        store.put("subject", {"item 1": {"step": "pin", "statement": "two", "verdict": "proved"}, "item 2": {"verdict": "proved"}})
        store.put("subject", {"item 3": ["no", "obligation"]})
    assert kept(filled) == {}
    assert kept(filled, {"one": ("pin", "two")})["one"].verdict == "proved"


def test_a_file_that_is_no_database_is_done_without_and_told(filled: Path) -> None:
    """It says once that it is damaged and what to do; nothing is read from it."""
    (filled / FILE).write_bytes(b"no database" * 1000)
    told: list[str] = []
    with Cache(filled, told.append) as store:
        assert kept_obligations(store, KEY, ASKED) == {}
    assert ["ringfence cache --clear" in text for text in told] == [True]


def test_missing_rows_are_missing(filled: Path) -> None:
    """What was deleted is not there, and the rest is."""
    change(filled, "delete from row where item = x'6974656d2031'")
    assert set(kept(filled)) == {"two", "three"}


def test_what_scenarios_show_comes_back(tmp_path: Path) -> None:
    """It is read as it was stored under its subject, and what is damaged or no such thing counts as not stored."""
    seen = Seen({"MEM-1": ["a case"]}, {"boot", "donate"}, 2, {"MEM-3": ["another"]}, {"map"})
    with Cache(tmp_path, silent) as store:
        keep_seen(store, "one", seen)
        assert kept_seen(store, "one") == seen
        assert kept_seen(store, "other") is None
        wrongs: list[Any] = [[], {"cases": []}, {"cases": {}, "succeeded": 1, "cut": 0}, None]
        for wrong in wrongs:
            store.put("one", {"seen": wrong})
            assert kept_seen(store, "one") is None


@pytest.mark.parametrize("spoilt", ["file for a folder", "folder for a file", "no database", "damaged tables"])
def test_a_cache_that_cannot_be_used_is_told_once(tmp_path: Path, spoilt: str) -> None:
    """It costs one warning, and neither an answer nor the run."""
    told: list[str] = []
    place = tmp_path / "place"
    if spoilt == "file for a folder":
        place.write_text("", encoding="utf-8")
    elif spoilt == "folder for a file":
        (place / FILE).mkdir(parents=True)
    elif spoilt == "no database":
        place.mkdir()
        (place / FILE).write_text("no database" * 1000, encoding="utf-8")
    else:
        with Cache(place, silent) as store:
            store.put("subject", {"item": 1})
        change(place, "drop table row", "create table row (other)")
    with Cache(place, told.append) as store:
        assert store.get("subject") == {}
        store.put("subject", {"item": 1})
        store.put("subject", {"item": 2})
    assert len(told) == 1
    assert str(place) in told[0]


def test_a_file_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    """If storing fails, that is told once, and nothing is stored any more."""
    told: list[str] = []
    with Cache(tmp_path, told.append) as store:
        assert store.connection is not None
        store.connection.execute("pragma query_only = on")
        store.put("subject", {"item": 1})
        store.put("subject", {"item": 2})
    assert len(told) == 1


def test_without_a_cache_nothing_is_kept() -> None:
    """No folder, no file, no warning."""
    with Cache(None, silent) as store:
        store.put("subject", {"item": 1})
        assert store.get("subject") == {}


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    """Past its bound the cache drops the oldest subjects, and what was read lately stays."""
    limit = 400_000
    for number in range(20):
        with Cache(tmp_path, silent, limit) as store:
            store.now = number * 10_000
            store.put(f"subject {number}", {"item": "x" * 40_000})
            assert store.get("subject 0") != {}
    with Cache(tmp_path, silent, limit) as store:
        left = [number for number in range(20) if store.get(f"subject {number}")]
        assert store._size() <= limit
    assert left[0] == 0
    assert left[1:] == list(range(20 - len(left) + 1, 20))
    assert (tmp_path / FILE).stat().st_size < 2 * limit


WRITER = """
import sys
from pathlib import Path
from proofs.prove.cache import Cache
with Cache(Path(sys.argv[1]), sys.exit) as store:
    for number in range(150):
        store.put(f"{sys.argv[2]} {number}", {"item": number, "other": "x" * 1000})
        assert store.get(f"{sys.argv[2]} {number}")["item"] == number
"""


def test_several_processes_use_it_at_once(tmp_path: Path) -> None:
    """Processes that open a new cache together, and write at once, lose nothing and wait for one another."""
    command = [sys.executable, "-c", WRITER, str(tmp_path / "new")]
    running = [subprocess.Popen([*command, name], stderr=subprocess.PIPE, text=True) for name in "abcd"]  # noqa: S603 - our own
    assert [(process.communicate()[1], process.returncode) for process in running] == [("", 0)] * 4
    with Cache(tmp_path / "new", silent) as store:
        assert all(store.get(f"{name} {number}")["item"] == number for name in "abcd" for number in range(150))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"RINGFENCE_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/ringfence"),
        ({"HOME": "/c"}, "/c/.cache/ringfence"),
    ],
)
def test_the_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], expected: str) -> None:
    """The cache serves every directory: it lies where the user keeps caches, or says."""
    for name in ("RINGFENCE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert str(cache.folder()) == expected


def test_the_command_line_goes_on_without_a_cache(tmp_path: Path) -> None:
    """`ringfence prove` with a folder that cannot be made says so once on standard error, and decides."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    settings: dict[str, Any] = {**os.environ, "RINGFENCE_CACHE": str(tmp_path / "file" / "below")}
    command = [sys.executable, "-c", "from proofs.cli.main import main; main()", "prove", "--budget", "0", "--jobs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, env=settings, check=False)  # noqa: S603 - our own
    assert done.stderr.count("the proof cache in") == 1
    assert "the budget ran out" in done.stdout
