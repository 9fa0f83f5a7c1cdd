"""Defaults from `[tool.ringfence]` of ./pyproject.toml; the command line wins over them, and they win over ours."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from proofs.cli.exits import Code, Stop

__all__ = ["KEYS", "cores", "pick", "read"]

T = TypeVar("T")

#: Every key, with what it takes; the names are those of the options.
KEYS: dict[str, tuple[type, ...]] = {
    "policy": (str,),
    "only": (list,),
    "jobs": (int,),
    "budget": (int, float),
    "rlimit": (int,),
    "solver": (str,),
    "cache": (bool,),
    "more": (int,),
    "all": (bool,),
    "fail-fast": (bool,),
    "seconds": (int, float),
    "steps": (int,),
    "seed": (int,),
}
SOLVERS = ("z3", "cvc5", "bitwuzla", "all")
NOT_NEGATIVE = ("budget", "more", "seconds", "seed")


def read(path: Path = Path("pyproject.toml")) -> dict[str, Any]:
    """Return the defaults that the file sets; a key or value that is not ours to understand stops the run."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(Code.INPUT, f"{path}: cannot be read: {error}") from error
    try:
        tool = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise Stop(Code.INPUT, f"{path}: {error}") from error
    table = tool.get("ringfence", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise Stop(Code.INPUT, f"{path}: [tool.ringfence] must be a table")
    for key, value in table.items():
        _check(f"{path}:{_line(text, key)}", key, value)
    return table


def _check(where: str, key: str, value: object) -> None:
    if key not in KEYS:
        close = difflib.get_close_matches(key, KEYS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "known: " + ", ".join(KEYS)
        raise Stop(Code.INPUT, f"{where}: [tool.ringfence] has no key {key!r}; {hint}")
    expected = " or ".join(kind.__name__ for kind in KEYS[key])
    right = isinstance(value, KEYS[key]) and isinstance(value, bool) == (KEYS[key] == (bool,))
    if isinstance(value, list):
        expected, right = "a list of IDs or areas", all(isinstance(item, str) for item in value)
    if key == "solver" and value not in SOLVERS:
        expected, right = "one of " + ", ".join(SOLVERS), False
    if right and isinstance(value, (int, float)) and not isinstance(value, bool):
        least = 0 if key in NOT_NEGATIVE else 1
        expected, right = f"at least {least}", value >= least
    if not right:
        raise Stop(Code.INPUT, f"{where}: [tool.ringfence] {key} takes {expected}, not {value!r}")


def _line(text: str, key: str) -> int:
    """Return the line on which a key of the table stands (that of the table, if it is written in another way)."""
    table = 1
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() == "[tool.ringfence]":
            table = number
        if table > 1 or "[tool.ringfence]" in line:
            name = line.split("=", maxsplit=1)[0].strip().strip("\"'")
            if name == key:
                return number
    return table


def pick(given: T | None, key: str, defaults: dict[str, Any], otherwise: T) -> T:
    """Return what the command line gave, or the file's default, or ours."""
    if given is not None:
        return given
    found: T = defaults.get(key, otherwise)
    return found


def cores() -> int:
    """Return how many processes may run at once where nothing is said about it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
