"""How to get a library that is not installed: in the words of whoever installs ringfence, with the extra that names it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import requires

__all__ = ["how_to_get"]

REQUIRED = re.compile(r"""([\w.-]+).*\bextra\s*==\s*["']([\w.-]+)["']""")


def how_to_get(*libraries: str) -> str:
    """Return the command that installs libraries, each with its extra, if it belongs to one."""
    extras = dict(_extras())
    named = sorted({extras[library] for library in libraries if library in extras})
    return f"pip install 'ringfence[{','.join(named)}]'" if named else "pip install ringfence"


def _extras() -> Iterator[tuple[str, str]]:
    """Yield each library of an extra, and the extra."""
    for line in requires("ringfence") or ():
        found = REQUIRED.match(line)
        if found:
            yield found[1], found[2]
