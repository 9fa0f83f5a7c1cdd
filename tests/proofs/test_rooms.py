"""The house: imports go one way and never in a circle, nothing grows too long, and each package says what it is."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.places import ROOT

#: The rooms; one imports only itself and those in front of it. `bench` stands behind `tla`, whose engines it measures too.
ROOMS = (
    "pymodel.language",
    "pymodel.hardware",
    "pymodel.hypervisor",
    "pymodel.machine",
    "pymodel.platforms",
    "pymodel.sources",
    "pymodel.surface",
    "pymodel.zoo",
    "proofs.installing",
    "proofs.statements",
    "proofs.traces",
    "proofs.verdicts",
    "proofs.theorems",
    "proofs.engine",
    "proofs.policies",
    "proofs.search",
    "proofs.prove",
    "proofs.fuzzing",
    "proofs.mutation",
    "proofs.tla",
    "proofs.bench",
    "proofs.report",
    "proofs.cli",
)
#: Tools that only the command line imports.
TOOLS = ("proofs.fuzzing", "proofs.mutation", "proofs.bench")
LINES, FUNCTION, FOLDER = 450, 60, 12
#: What is too long today, and why it still is.
TOO_LONG: dict[str, str] = {}


def modules(root: Path) -> dict[str, Path]:
    """Return the modules of the model and the proofs, by name."""
    files = [path for top in ("pymodel", "proofs") for path in sorted((root / top).rglob("*.py"))]
    return {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


@cache
def parsed(source: str) -> ast.Module:
    """Return the tree of a text, once."""
    return ast.parse(source)


def tree(path: Path) -> ast.Module:
    """Return the tree of a file."""
    return parsed(path.read_text(encoding="utf-8"))


def room(name: str) -> str:
    """Return the room of a module or of a name in it, or nothing."""
    return next((r for r in ROOMS if name == r or name.startswith(f"{r}.")), "")


def imported(name: str, path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full name of whatever a module imports at run time, inside functions too."""
    nodes = list(ast.walk(tree(path)))
    hints = [n for n in nodes if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    annotations = {id(inner) for n in hints for statement in n.body for inner in ast.walk(statement)}
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in nodes:
        if id(node) in annotations:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def backwards(root: Path) -> list[str]:
    """Return each import of a room that is not in front."""
    return [
        f"{path.relative_to(root)}:{line}: {wanted}"
        for name, path in modules(root).items()
        for line, wanted in imported(name, path)
        if room(name) and room(wanted) and ROOMS.index(room(wanted)) > ROOMS.index(room(name))
    ]


def circle(root: Path) -> list[str]:
    """Return modules of which each imports the next and the last is the first, if there are such."""
    known = modules(root)
    graph: dict[str, set[str]] = {}
    for name, path in known.items():
        found = {wanted if wanted in known else wanted.rpartition(".")[0] for _, wanted in imported(name, path)}
        graph[name] = (found & set(known)) - {name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def too_long(root: Path) -> list[str]:
    """Return each file, function and folder that is too long."""
    paths = list(modules(root).values())
    found = [str(path.relative_to(root)) for path in paths if len(path.read_text(encoding="utf-8").splitlines()) > LINES]
    for path in paths:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                if (node.end_lineno or first) - first + 1 > FUNCTION:
                    found.append(f"{path.relative_to(root)}:{node.lineno}: {node.name}")
    folders = Counter(path.parent for path in paths if path.name != "__init__.py")
    return found + [f"{folder.relative_to(root)}: {count} files" for folder, count in folders.items() if count > FOLDER]


def says_nothing(docstring: str) -> bool:
    """Say whether a package's docstring is missing, is the package's name again, or is no sentence."""
    first = docstring.split("\n\n", maxsplit=1)[0]
    return "of ringfence" in first or len(first.split()) < 8 or not first.endswith(".")


def test_imports_go_one_way() -> None:
    """No room imports one that is printed below it, in a function or outside."""
    assert backwards(ROOT) == []
    assert sum(bool(room(wanted)) for name, path in modules(ROOT).items() for _, wanted in imported(name, path)) > 1000


def test_no_modules_import_each_other() -> None:
    """There is no circle of imports, at the top of files or inside functions."""
    assert circle(ROOT) == []


def test_every_module_has_a_room() -> None:
    """A new folder takes its place in the order; no place is for what is not there."""
    names = [name for name in modules(ROOT) if name not in ("pymodel", "proofs")]
    assert [name for name in names if not room(name)] == []
    assert {room(name) for name in names} == set(ROOMS)


def test_only_the_command_line_imports_the_tools() -> None:
    """Nothing that a verdict rests on needs fuzzing, mutants or measurements."""
    users = [
        f"{path.relative_to(ROOT)}:{line}: {wanted}"
        for name, path in modules(ROOT).items()
        for line, wanted in imported(name, path)
        if room(wanted) in TOOLS and room(name) not in (room(wanted), "proofs.cli")
    ]
    assert users == []


def test_nothing_is_too_long() -> None:
    """A file has 450 lines at most, a function 60, a folder a dozen files; what is known to be longer is listed, and is longer."""
    assert sorted(too_long(ROOT)) == sorted(TOO_LONG)


def test_every_package_says_what_it_is() -> None:
    """A package's docstring is a sentence about what is in it."""
    packages = {name: path for name, path in modules(ROOT).items() if path.name == "__init__.py"}
    folders = {path.parent for path in modules(ROOT).values()}
    assert {path.parent for path in packages.values()} == folders
    told = {name: ast.get_docstring(tree(path)) or "" for name, path in packages.items()}
    assert [name for name, docstring in told.items() if says_nothing(docstring)] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from proofs.cli import main", "proofs.cli.main"),
        ("import proofs.prove.cache as kept", "proofs.prove.cache"),
        ("def f() -> None:\n    from proofs.prove import cache", "proofs.prove.cache"),
        ("from .. import cli", "proofs.cli"),
        ("if TYPE_CHECKING:\n    from proofs.cli import main", ""),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    from proofs.cli import main", "proofs.cli.main"),
        ("from proofs.policies import load\nfrom proofs.search import walker\nimport proofs", ""),
    ],
)
def test_an_import_backwards_is_seen(tmp_path: Path, source: str, found: str) -> None:
    """Wherever it stands and however it is written; what only the type checker reads is none."""
    (tmp_path / "proofs" / "search").mkdir(parents=True)
    (tmp_path / "proofs" / "search" / "walks.py").write_text(source, encoding="utf-8")
    line = source[: source.rindex("import")].count("\n") + 1
    assert backwards(tmp_path) == ([f"proofs/search/walks.py:{line}: {found}"] if found else [])


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from proofs.search import turns", True),
        ("def f() -> None:\n    from proofs.search.turns import there", True),
        ("import proofs.search.turns", True),
        ("if TYPE_CHECKING:\n    from proofs.search import turns", False),
        ("import ast", False),
    ],
)
def test_a_circle_is_seen(tmp_path: Path, source: str, found: bool) -> None:
    """Two modules of one room that import each other are one, however they do it; what only the type checker reads is none."""
    (tmp_path / "proofs" / "search").mkdir(parents=True)
    (tmp_path / "proofs" / "search" / "walks.py").write_text(source, encoding="utf-8")
    (tmp_path / "proofs" / "search" / "turns.py").write_text("from proofs.search.walks import here", encoding="utf-8")
    assert set(circle(tmp_path)) == ({"proofs.search.walks", "proofs.search.turns"} if found else set())


def test_what_is_too_long_is_seen(tmp_path: Path) -> None:
    """One line or one file more than there may be is told, and so is a function, its decorators counted."""
    folder = tmp_path / "proofs" / "search"
    folder.mkdir(parents=True)
    for number in range(FOLDER):
        (folder / f"m{number}.py").write_text("\n" * LINES, encoding="utf-8")
    body = "    pass\n" * (FUNCTION - 2)
    (folder / "m0.py").write_text(f"@cache\ndef good():\n{body}", encoding="utf-8")
    (folder / "__init__.py").touch()
    assert too_long(tmp_path) == []
    (folder / "m0.py").write_text(f"@cache\ndef bad():\n    pass\n{body}", encoding="utf-8")
    (folder / "m1.py").write_text("\n" * (LINES + 1), encoding="utf-8")
    (folder / "one_more.py").touch()
    assert too_long(tmp_path) == ["proofs/search/m1.py", "proofs/search/m0.py:2: bad", f"proofs/search: {FOLDER + 1} files"]


@pytest.mark.parametrize(
    "docstring", ["", "hardware of ringfence.", "The hardware.", "What hardware does on its own, whatever anybody wants"]
)
def test_a_docstring_that_says_nothing_is_seen(docstring: str) -> None:
    """The name of a package again is no description, nor are two words, nor what does not end."""
    assert says_nothing(docstring)
