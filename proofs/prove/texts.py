"""The text closure of modules: all that they import of ours, wherever it lies, without remarks.

The closure stands for code that has no formulas. A file that was changed since this process began may have been loaded as it was
before, so a closure with such a file in it stands for nothing. Neither does one with a file that cannot be read.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import marshal
import sys
from collections.abc import Iterable
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import cache_from_source
from pathlib import Path
from typing import TypeGuard

from proofs import STARTED
from proofs.engine.keys.key import joined
from proofs.policies.files import file_of, imported, is_ours
from proofs.prove.cache import Cache

__all__ = ["Texts"]

#: How far the clock of the file system may be behind, in seconds.
SLACK = 0.01
#: What may begin with a docstring.
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def is_run_as_it_was(path: Path, data: bytes) -> bool:
    """Say whether Python may have run compiled code of an earlier text: it goes by the size and the second of the last change.

    What was compiled after the file last changed is of that text; of what is older the code itself is compared.
    """
    try:
        compiled = Path(cache_from_source(str(path)))
        if compiled.stat().st_ctime > path.stat().st_ctime:
            return False
        code = compiled.read_bytes()
    except (OSError, NotImplementedError):
        return False
    return code[16:] != marshal.dumps(compile(data, str(path), "exec", dont_inherit=True))


class Texts:
    """The texts of modules; what a text says and imports is kept in the cache, since it takes long to find out."""

    def __init__(self, store: Cache, started: float = STARTED) -> None:
        """Use a cache; `started` is when the process began."""
        self.store, self.started = store, started
        self.place_of, self.text = functools.cache(place_of), functools.cache(self._text)

    def closure(self, roots: Iterable[str]) -> str | None:
        """Return the digest of modules with all that they import; None if it stands for nothing."""
        found: dict[str, str] = {}
        todo = list(roots)
        if any(self.place_of(name) is None for name in todo):
            return None
        while todo:
            name = todo.pop()
            if name in found:
                continue
            text = self.text(name)
            if text is None:
                return None
            found[name], imports = text
            todo += imports
        return joined(*(part for item in sorted(found.items()) for part in item))

    def _text(self, name: str) -> tuple[str, list[str]] | None:
        """Return the digest of a module's file, and those modules that it may import whose files matter."""
        path, above = self.place_of(name), name.rpartition(".")[0]
        assert path is not None
        package = name if path.name == "__init__.py" else above
        try:
            if path.stat().st_ctime > self.started - SLACK:
                return None
            data = path.read_bytes()
            if is_run_as_it_was(path, data):
                return None
        except OSError:
            return None
        subject = joined("text", package, str(sys.implementation.cache_tag), data)
        known = self.store.get(subject).get("text")
        if known is None:
            try:
                known = list(read(data, package))
            except (SyntaxError, ValueError):
                return None
            self.store.put(subject, {"text": known})
        return str(known[0]), [n for n in (above, *known[1]) if self.place_of(n) is not None]


def read(data: bytes, package: str) -> tuple[str, list[str]]:
    """Return the digest of a text without docstrings and remarks, and what it may import."""
    tree, names = ast.parse(data), dict[str, None]()
    unread = {id(inner) for node in ast.walk(tree) if for_types_alone(node) for part in node.body for inner in ast.walk(part)}
    for node in ast.walk(tree):
        if id(node) not in unread:
            names.update(dict.fromkeys(imported(node, package)))
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), list(names)


def for_types_alone(node: ast.AST) -> TypeGuard[ast.If]:
    """Say whether what stands in a node is read by the type checker and never run."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def spec_of(name: str) -> ModuleSpec | None:
    """Return how a module would be found that is not loaded."""
    parent = name.rpartition(".")[0]
    if not parent:
        return None
    above = sys.modules.get(parent) or spec_of(parent)
    folders = getattr(above, "__path__", None) or getattr(above, "submodule_search_locations", None)
    return PathFinder.find_spec(name, list(folders)) if folders else None


def place_of(name: str) -> Path | None:
    """Return the file of a module of ours, loaded or not."""
    module = sys.modules.get(name)
    if module is not None:
        file = file_of(module)
        return Path(file) if file and is_ours(name) else None
    spec = spec_of(name) if is_ours(name) else None
    return Path(spec.origin) if spec is not None and spec.origin is not None else None
