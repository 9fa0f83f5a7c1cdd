"""Which modules a checker needs: those of a folder, and those that they name of the folders beside it."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["needed"]

COMMENT = re.compile(r"\\\*[^\n]*|\(\*.*?\*\)", re.DOTALL)
NAMED = re.compile(r"\bEXTENDS\s+(\w+(?:\s*,\s*\w+)*)|\bINSTANCE\s+(\w+)")


def needed(folder: Path) -> list[Path]:
    """Return the files of a folder's modules, and of those that they extend or instantiate, each once.

    A module that is not beside the one that names it stands in the folder of its own name: `../Name/Name.tla`. What stands
    in neither place is a module of the checker's own.
    """
    found = {path.stem: path for path in sorted(folder.glob("*.tla"))}
    waiting = list(found.values())
    while waiting:
        path = waiting.pop()
        for name in sorted(_names(path) - found.keys()):
            places = [folder / f"{name}.tla" for folder in (path.parent, path.parent.parent / name)]
            place = next((place for place in places if place.is_file()), None)
            if place is not None:
                found[name] = place
                waiting.append(place)
    return list(found.values())


def _names(path: Path) -> set[str]:
    """Return the modules that a module names."""
    source = COMMENT.sub("", path.read_text(encoding="utf-8", errors="replace"))
    return {name.strip() for extended, instantiated in NAMED.findall(source) for name in (extended or instantiated).split(",")}
