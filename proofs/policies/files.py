"""The files of a policy: its own and the modules that it imports; and the digest of all that a verdict depends on."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pymodel
from proofs.policies.loaded import LoadedPolicy

__all__ = ["ROOT", "digest", "file_of", "imported", "is_of_a_policy", "is_ours", "parsed", "place_of", "sources"]

ROOT = Path(pymodel.__file__).resolve().parent.parent
_LIBRARY = tuple(str(Path(sysconfig.get_path(p)).resolve()) + os.sep for p in ("stdlib", "purelib", "platlib"))
#: Our packages, and those of our modules that are policies.
PACKAGES, ZOO = ("pymodel", "proofs"), "pymodel.zoo"


def file_of(module: ModuleType | None) -> str | None:
    """Return the file of a module, if it has one."""
    return getattr(module, "__file__", None)


def is_ours(name: str) -> bool:
    """Say whether a module is one of the model or of the proofs, by its name."""
    return name.split(".", maxsplit=1)[0] in PACKAGES


def is_of_a_policy(module: ModuleType) -> bool:
    """Say whether a module is a policy's: neither a library's nor ours, but for the zoo, which is made of policies."""
    if is_ours(module.__name__):
        return f"{module.__name__}.".startswith(f"{ZOO}.")
    path = str(Path(file_of(module) or "").resolve())
    return path.endswith(".py") and not path.startswith(_LIBRARY)


def parsed(file: str) -> ast.Module:
    """Return the syntax tree of a file; that of a file that cannot be read is empty."""
    try:
        return ast.parse(Path(file).read_bytes(), file)
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])


def sources(module: ModuleType) -> tuple[str, ...]:
    """Return the policy's own file and, transitively, the modules that it imports and that nobody else answers for."""
    found: dict[str, None] = {}
    queue = [module]
    while queue:
        current = queue.pop(0)
        file = str(current.__file__)
        if file in found:
            continue
        found[file] = None
        for node in ast.walk(parsed(file)):
            others = [sys.modules.get(name) for name in imported(node, current.__package__ or "")]
            queue += [m for m in others if m is not None and is_of_a_policy(m)]
    return tuple(found)


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
    total.update(f"z3-solver {version}\npython {python}\n{policy.cls.__name__}\n".encode())
    folders = ["pymodel", *(f"proofs/{room}" for room in ("engine", "theorems", "policies", "search", "prove"))]
    alone = [ROOT / "proofs" / "statements.py", ROOT / "proofs" / "verdicts.py"]
    every = [*alone, *(p for folder in folders for p in (ROOT / folder).rglob("*.py"))]
    named = [(p.relative_to(ROOT).as_posix(), p) for p in every]
    if policy.files:
        home = Path(policy.files[0]).resolve().parent
        named += [("policy/" + os.path.relpath(Path(f).resolve(), home), Path(f)) for f in policy.files]
    for name, path in sorted(named):
        content = path.read_bytes()
        total.update(f"{name} {len(content)}\n".encode() + content)
    return total.hexdigest()


def place_of(owner: type, name: str) -> tuple[str, int]:
    """Return file and line of what a class defines under a name (or of the class itself)."""
    file = file_of(sys.modules.get(owner.__module__)) or ""
    classes = [n for n in ast.walk(parsed(file)) if isinstance(n, ast.ClassDef) and n.name == owner.__name__]
    for cls in reversed(classes):
        for part in cls.body:
            targets = part.targets if isinstance(part, ast.Assign) else [getattr(part, "target", part)]
            if name and name in [getattr(t, "id", getattr(t, "name", None)) for t in targets]:
                return file, part.lineno
    return file, classes[-1].lineno if classes else 0
