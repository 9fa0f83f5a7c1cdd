"""Whose a module is, what it imports, and the digest of all that a verdict about a policy depends on."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pymodel
from proofs.policies.loaded import LoadedPolicy

__all__ = ["ROOT", "digest", "file_of", "imported", "is_ours", "shown_place"]

ROOT = Path(pymodel.__file__).resolve().parent.parent
#: Our packages.
PACKAGES = ("pymodel", "proofs")


def file_of(module: ModuleType | None) -> str | None:
    """Return the file of a module, if it has one."""
    return getattr(module, "__file__", None)


def shown_place(file: str, line: int) -> str:
    """Return a place so that an editor opens it: from where the user stands, or of the model as it is called."""
    path = Path(file)
    if path.is_absolute():
        here = Path.cwd()
        path = path.relative_to(here) if path.is_relative_to(here) else path
        path = path.relative_to(ROOT) if path.is_absolute() and path.is_relative_to(ROOT) else path
    return f"{path.as_posix()}:{line}"


def is_ours(name: str) -> bool:
    """Say whether a module is one of the model or of the proofs, by its name."""
    return name.split(".", maxsplit=1)[0] in PACKAGES


def imported(node: ast.AST, package: str) -> Iterator[str]:
    """Yield the names of modules that an import in a package may mean."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parts = package.split(".")
            base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names)


def digest(policy: LoadedPolicy) -> str:
    """Return the sha256 over everything that a verdict about a policy depends on."""
    total = hashlib.sha256()
    version = importlib.metadata.version("z3-solver")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    total.update(f"z3-solver {version}\npython {python}\n{policy.cls.__name__}\npolicy {policy.text}\n".encode())
    folders = ["pymodel", *(f"proofs/{room}" for room in ("engine", "theorems", "policies", "search", "prove"))]
    alone = [ROOT / "proofs" / "statements.py", ROOT / "proofs" / "verdicts.py"]
    every = [*alone, *(p for folder in folders for p in (ROOT / folder).rglob("*.py"))]
    for name, path in sorted((p.relative_to(ROOT).as_posix(), p) for p in every):
        content = path.read_bytes()
        total.update(f"{name} {len(content)}\n".encode() + content)
    return total.hexdigest()
