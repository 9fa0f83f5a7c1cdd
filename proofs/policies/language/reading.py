"""The text of a policy's files: what is read is what a person sees, and what is run is compiled from it."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import unicodedata
from pathlib import Path

from proofs.policies.loaded import PolicyError

__all__ = ["find", "folder_of", "read"]

#: A remark in the first lines that says how the rest is to be decoded (PEP 263).
COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


def read(path: Path) -> tuple[str, ast.Module]:
    """Return text and tree of a file; what is no plain text, or no Python, is a `PolicyError` with its place."""
    file = str(path)
    if not path.is_file():
        raise PolicyError("there is no such file; give path/to/file.py or path/to/file.py::ClassName", file)
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise PolicyError("not UTF-8: save the file as UTF-8", file, line) from error
    text = text.replace("\r\n", "\n")
    for number, shown in enumerate(text.split("\n"), 1):
        cookie = COOKIE.match(shown) if number < 3 else None
        if cookie and cookie[1].lower().replace("_", "-") not in ("utf-8", "utf8", "ascii", "us-ascii"):
            raise PolicyError(f"the encoding {cookie[1]}: a policy is UTF-8; remove the remark", file, number)
        hidden = next((c for c in shown if c != "\t" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")), None)
        if hidden is not None:
            raise PolicyError(
                f"the character U+{ord(hidden):04X}, which nobody sees: remove it", file, number, shown.index(hidden) + 1
            )
    try:
        tree = ast.parse(text, file)
        compile(tree, file, "exec", dont_inherit=True)  # Python says only then that a name is an argument twice
    except SyntaxError as error:
        raise PolicyError(f"syntax error: {error.msg}; expected Python 3.11", file, error.lineno or 1, error.offset or 0) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise PolicyError(f"it cannot be read as Python: {error}", file) from error
    _ascii_names(text, file)
    return text, tree


def _ascii_names(text: str, file: str) -> None:
    """Refuse names that are not ASCII: Python takes some of them for others."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and not token.string.isascii():
            raise PolicyError(f"the name {token.string}: write names in ASCII", file, token.start[0], token.start[1] + 1)


def folder_of(name: str) -> list[Path]:
    """Return the folders of a package, found without importing it; none if there is no such package."""
    where = [Path.cwd(), *map(Path, sys.path)]
    for part in name.split("."):
        below = [folder / part for folder in where if part.isidentifier() and (folder / part).is_dir()]
        where = [folder for folder in below if (folder / "__init__.py").is_file()][:1] or below
    return where


def find(name: str) -> Path | None:
    """Return the file of a module, found without importing anything."""
    above, _, last = name.rpartition(".")
    where = folder_of(above) if above else [Path.cwd(), *map(Path, sys.path)]
    files = (folder / f"{last}.py" for folder in where)
    return next((file for file in files if last.isidentifier() and file.is_file()), None)
