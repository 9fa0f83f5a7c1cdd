"""Imports between the rooms of the proofs go one way, and no two modules import each other when they run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: A room imports from rooms in front of it.
ORDER = (
    *("statements", "traces", "verdicts", "theorems", "engine", "policies", "search"),
    *("prove", "fuzzing", "mutation", "bench", "tla", "report", "cli"),
)
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "proofs").rglob("*.py"))
}


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the modules of the proofs that a file imports, inside its functions too, but not for types alone."""
    tree = ast.parse(path.read_bytes())
    typed = [n for n in ast.walk(tree) if isinstance(n, ast.If) and getattr(n.test, "id", "") == "TYPE_CHECKING"]
    for_types = {id(inner) for block in typed for inner in ast.walk(block)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in for_types and (node.module or "").startswith("proofs"):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((node.lineno, name if name in FILES else str(node.module)) for name in names)


def room(module: str) -> int:
    """Return where the room of a module stands in the order."""
    return ORDER.index(module.split(".")[1]) if "." in module else -1


def test_a_room_imports_from_those_in_front_of_it() -> None:
    """No module imports from a room behind its own, not even inside a function."""
    imports = [(module, f"{path}:{line}", name) for module, path in FILES.items() for line, name in imported(path)]
    assert [(place, name) for module, place, name in imports if room(name) > room(module)] == []
    assert len(imports) > 500


def test_no_modules_import_each_other() -> None:
    """There is no circle of imports, at the top of files or inside functions."""
    graph = {module: {name for _, name in imported(path) if name != module} for module, path in FILES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
