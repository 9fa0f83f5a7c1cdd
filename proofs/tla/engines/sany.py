"""The parser of TLA+ that TLC and Apalache share, SANY: where a syntax error is, which Apalache does not say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from proofs.tla.engines import process
from proofs.tla.engines.tools import PATIENCE, MissingToolError, find_java, known_jar

__all__ = ["located", "syntax_error"]

FILE = re.compile(r"Parsing file (.+)")
LEXICAL = re.compile(r"Lexical error at (line \d+, column \d+.*)")
PARSE = "***Parse Error***"
PLACE = re.compile(r"\bline (\d+), column (\d+)")
#: How Apalache and SANY end where a module could not be parsed.
UNPARSED = re.compile(r"Could not parse module (\w+) from file")
NOT_HERE = "SANY says on which line; it comes with TLC: `ringfence doctor` says how to get that"


def syntax_error(lines: Iterable[str]) -> str:
    """Return the first syntax error that SANY prints as `File.tla:LINE:COLUMN: what`, or nothing."""
    file, told = "", []
    for line in lines:
        if found := FILE.match(line):
            file = Path(found[1]).name
        elif found := LEXICAL.match(line):
            told = [found[1]]
            break
        elif line.strip() == PARSE or told:
            if not line.strip():
                break
            told.append(line.strip())
    text = " ".join(told).removeprefix(PARSE).strip()
    place = PLACE.search(text)
    return f"{file}:{place[1]}:{place[2]}: {text}" if place else ""


def located(told: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Return what Apalache told, and where a module could not be parsed, what SANY says of that module before it."""
    module = UNPARSED.search(told)
    if module is None:
        return told
    try:
        java, jar = find_java(), known_jar()
    except MissingToolError:
        jar = None
    if jar is None:
        return f"{told}\n{NOT_HERE}"
    command = [str(java), "-cp", str(jar), "tla2sany.SANY", f"{module[1]}.tla"]
    where = syntax_error(process.run(command, folder, environment, PATIENCE).lines)
    return f"{where}\n{told}" if where else told
