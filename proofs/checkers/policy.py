"""Policies: loading a user's file, and the check that nothing in it can hide from the symbolic execution.

A proof runs a policy's Python on symbolic words, several times. What Python gives no hook for would go unseen: a
counter kept on `self` or in a module, a test of identity or type, a look inside a word. `unsupported` rejects all of
that by reading the source of the policy and of every module of its own; `load` rejects what does not fit the signatures
of the model.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import importlib
import importlib.metadata
import inspect
import os
import sys
import sysconfig
import traceback
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pymodel
from pymodel.hardware.machine import MachineState
from pymodel.hypervisor import Hypervisor
from pymodel.transitions import SignatureError, parameters

__all__ = ["Finding", "LoadedPolicy", "PolicyError", "digest", "load", "unsupported"]

ROOT = Path(pymodel.__file__).resolve().parent.parent


class PolicyError(Exception):
    """The policy cannot be used as it stands: what was expected, where, and what to do."""

    def __init__(self, message: str, file: str = "", line: int = 0) -> None:
        """Keep the place; line 0 is the whole file, and no file the argument itself."""
        super().__init__(message)
        self.message, self.file, self.line = message, file, line

    def __str__(self) -> str:
        """Show the place in front of the message."""
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return place + self.message


@dataclass(frozen=True)
class LoadedPolicy:
    """A policy's class, with the name that reports show and the source files that it consists of."""

    name: str
    spec: str
    cls: type[Hypervisor]
    files: tuple[str, ...]

    def instance(self) -> Hypervisor:
        """Make the hypervisor."""
        return self.cls()


@dataclass(frozen=True, order=True)
class Finding:
    """A construct that the symbolic execution could not see through."""

    file: str
    line: int
    why: str


# Loading

#: Modules beside a policy's file that a policy imported, so that the next load reads them again.
_siblings: set[str] = set()


def load(spec: str | None) -> LoadedPolicy:
    """Load `path/to/file.py`, `path/to/file.py::ClassName` or `package.module:ClassName`; None is the reference.

    Raises `PolicyError` for whatever is wrong with it.
    """
    if spec is None or spec == "reference":
        return LoadedPolicy("reference", "reference", Hypervisor, ())
    if "::" in spec or spec.endswith(".py") or "/" in spec:
        path, _, wanted = spec.partition("::")
        module, shown = _run_file(Path(path)), Path(path).name
    else:
        shown, _, wanted = spec.partition(":")
        module = _import_module(shown)
    file = str(module.__file__)
    cls = _choose(module, file, wanted, shown)
    _check_members(cls)
    _check_state(cls)
    _check_constructor(cls)
    return LoadedPolicy(f"{shown}{'::' if shown.endswith('.py') else ':'}{cls.__name__}", spec, cls, _sources(module))


def _run_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise PolicyError("there is no such file; give path/to/file.py or path/to/file.py::ClassName", str(path))
    module = ModuleType(f"policy_{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}")
    module.__file__ = str(path)
    for name in _siblings:
        sys.modules.pop(name, None)
    before = set(sys.modules)
    folder = str(path.resolve().parent)
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, folder)
    sys.modules[module.__name__] = module
    try:
        importlib.invalidate_caches()
        exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)  # noqa: S102 - a policy runs as its author's
    except (Exception, SystemExit) as error:
        raise _import_error(error, str(path)) from error
    finally:
        sys.path.remove(folder)
        sys.dont_write_bytecode = written
        new = [name for name in set(sys.modules) - before if name != module.__name__]
        _siblings.update(name for name in new if (_file_of(sys.modules[name]) or "").startswith(folder + os.sep))
    return module


def _import_module(name: str) -> ModuleType:
    sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:
        if isinstance(error, (ModuleNotFoundError, ValueError)) and name.startswith(getattr(error, "name", None) or ""):
            hint = "give path/to/file.py or package.module:ClassName"
            raise PolicyError(f"there is no module {name!r}; {hint}") from error
        frames = [f.filename for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith(".py")]
        raise _import_error(error, frames[-1] if frames else name) from error
    finally:
        sys.path.remove(str(Path.cwd()))
    if module.__file__ is None:
        raise PolicyError(f"{name!r} is a folder and no module; name the module inside it")
    return module


def _import_error(error: BaseException, file: str) -> PolicyError:
    if isinstance(error, SyntaxError):
        place = error.filename or file, error.lineno or 0
        return PolicyError(f"syntax error: {error.msg}; expected Python 3.11", *place)
    lines = [frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    line = lines[-1] if lines else 0
    return PolicyError(f"importing it raised {what}; a policy must import without errors", file, line)


def _choose(module: ModuleType, file: str, wanted: str, shown: str) -> type[Hypervisor]:
    """Return the class that was named, or the one most-derived subclass of Hypervisor that the file defines."""
    own = {c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == module.__name__}
    policies = [c for c in own if issubclass(c, Hypervisor)]
    names = ", ".join(sorted(c.__name__ for c in policies)) or "none"
    if wanted:
        cls = getattr(module, wanted, None)
        if cls is None:
            raise PolicyError(f"there is no class {wanted!r}; its policies are: {names}", file)
        if not (inspect.isclass(cls) and issubclass(cls, Hypervisor)):
            line = _place(cls, "")[1] if cls in own else 0
            raise PolicyError(f"{wanted} is no policy; derive it from pymodel.hypervisor.Hypervisor", file, line)
        return cls
    last = [c for c in policies if not any(other is not c and issubclass(other, c) for other in policies)]
    if not last:
        raise PolicyError("no policy here; define a class that derives from pymodel.hypervisor.Hypervisor", file)
    if len(last) > 1:
        mark = "::" if shown.endswith(".py") else ":"
        choices = ", ".join(sorted(f"{shown}{mark}{c.__name__}" for c in last))
        raise PolicyError(f"several policies here; name the one you mean: {choices}", file)
    return last[0]


def _place(owner: type, name: str) -> tuple[str, int]:
    """Return file and line of what a class defines under a name (or of the class itself)."""
    file = _file_of(sys.modules.get(owner.__module__)) or ""
    classes = [n for n in ast.walk(_tree(file)) if isinstance(n, ast.ClassDef) and n.name == owner.__name__]
    for cls in reversed(classes):
        for part in cls.body:
            targets = part.targets if isinstance(part, ast.Assign) else [getattr(part, "target", part)]
            if name and name in [getattr(t, "id", getattr(t, "name", None)) for t in targets]:
                return file, part.lineno
    return file, classes[-1].lineno if classes else 0


def _is_models(cls: type) -> bool:
    return cls.__module__.startswith("pymodel.") and not cls.__module__.startswith("pymodel.zoo")


def _check_members(cls: type[Hypervisor]) -> None:
    """Compare what a policy overrides with what the model declares, and check the signatures of what it adds."""
    first: dict[str, tuple[Any, str]] = {}
    for owner in reversed(cls.__mro__):
        for name, member in vars(owner).items():
            marks = getattr(member, "__dict__", {})
            if name in first and not _is_models(owner):
                _check_override(owner, name, member, *first[name])
            elif "__decision__" in marks:
                first.setdefault(name, (member, "decision"))
                first.setdefault(marks["__decision__"], (owner, "contract"))
            elif "__step__" in marks:
                first.setdefault(name, (member, marks["__step__"]))
            if not _is_models(owner) and marks.keys() & {"__step__", "__invariant__", "__assume__"}:
                try:
                    parameters(member)
                except SignatureError as error:
                    raise PolicyError(f"{error}; annotate each key after `s` so", *_place(owner, name)) from error


def _check_override(owner: type, name: str, member: Any, parent: Any, kind: str) -> None:
    place = _place(owner, name)
    if kind == "contract":
        if parent is not owner:
            raise PolicyError(f"{name} is a contract, which a policy cannot change; override the decision", *place)
        return
    if kind not in ("hypervisor", "decision"):
        raise PolicyError(f"{name} is a step of the {kind}, which a policy cannot change; remove it", *place)
    if not inspect.isfunction(member) or getattr(member, "__step__", "hypervisor") != "hypervisor":
        raise PolicyError(f"{name} must stay a method `def {name}(self, s, ...)` of the hypervisor", *place)
    try:
        wanted, found = _arguments(parent), _arguments(member)
    except (NameError, TypeError) as error:
        raise PolicyError(f"{name}: {error}; annotations must be names of the module", *place) from error
    if [(n, k) for n, _, k in wanted] != [(n, k) for n, _, k in found] or any(
        got != want for (_, want, _), (_, got, _) in zip(wanted, found, strict=True) if got or kind != "decision"
    ):
        text = ", ".join(["self", "s", *(f"{n}: {t.__name__ if t else '?'}" for n, t, _ in wanted)])
        what = "decision" if kind == "decision" else "operation"
        raise PolicyError(f"the {what} {name} must keep its arguments: ({text})", *place)


def _arguments(function: Any) -> list[tuple[str, Any, Any]]:
    """Return name, type and kind of each argument after `self` and the state."""
    hints = typing.get_type_hints(function)
    found = list(inspect.signature(function).parameters.values())
    if len(found) < 2:  # noqa: PLR2004 - self and the state
        raise TypeError("a method of a policy takes (self, s, ...)")
    return [(p.name, hints.get(p.name), p.kind) for p in found[2:]]


def _check_state(cls: type[Hypervisor]) -> None:
    owner = next(c for c in cls.__mro__ if "State" in vars(c))
    state: Any = cls.State
    if not (inspect.isclass(state) and issubclass(state, MachineState)):
        message = "State must be `class State(Hypervisor.State)`, so that it keeps the machine"
        raise PolicyError(message, *_place(owner, "State"))
    try:
        for shape in state.shapes().values():
            record: Any = getattr(shape, "record", shape)
            record.fields()
            record.default()
    except Exception as error:
        message = f"State: {type(error).__name__}: {error}; fields are Map[key types, Record] or a Record"
        raise PolicyError(message, *_place(owner, "State")) from error


def _check_constructor(cls: type[Hypervisor]) -> None:
    owner = next((c for c in cls.__mro__ if "__init__" in vars(c) and c is not object), cls)
    needed = [
        p.name
        for p in inspect.signature(cls).parameters.values()
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    if needed:
        message = f"the constructor needs {', '.join(needed)}; a policy is made without arguments: remove it"
        raise PolicyError(message, *_place(owner, "__init__"))
    try:
        cls()
    except Exception as error:
        raise PolicyError(f"making it raised {type(error).__name__}: {error}", *_place(owner, "__init__")) from error


# The files of a policy

_LIBRARY = tuple(str(Path(sysconfig.get_path(p)).resolve()) + os.sep for p in ("stdlib", "purelib", "platlib"))
_MODEL = tuple(str(ROOT / package) + os.sep for package in ("pymodel", "proofs"))


def _file_of(module: ModuleType | None) -> str | None:
    return getattr(module, "__file__", None)


def _is_own(file: str) -> bool:
    path = str(Path(file).resolve())
    if path.startswith(str(ROOT / "pymodel" / "zoo") + os.sep):
        return True
    return path.endswith(".py") and not path.startswith((*_LIBRARY, *_MODEL))


def _tree(file: str) -> ast.Module:
    try:
        return ast.parse(Path(file).read_bytes(), file)
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])


def _sources(module: ModuleType) -> tuple[str, ...]:
    """Return the policy's own file and, transitively, the modules that it imports and that nobody else answers for."""
    found: dict[str, None] = {}
    queue = [module]
    while queue:
        current = queue.pop(0)
        file = str(current.__file__)
        if file in found:
            continue
        found[file] = None
        for node in ast.walk(_tree(file)):
            others = [sys.modules.get(name) for name in _imported(node, current.__package__ or "")]
            queue += [m for m in others if m is not None and _is_own(_file_of(m) or "")]
    return tuple(found)


def _imported(node: ast.AST, package: str) -> Iterator[str]:
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
    folders = ["pymodel", "proofs/symbolic", "proofs/theorems", "proofs/checkers"]
    named = [(p.relative_to(ROOT).as_posix(), p) for folder in folders for p in (ROOT / folder).rglob("*.py")]
    if policy.files:
        home = Path(policy.files[0]).resolve().parent
        named += [("policy/" + os.path.relpath(Path(f).resolve(), home), Path(f)) for f in policy.files]
    for name, path in sorted(named):
        content = path.read_bytes()
        total.update(f"{name} {len(content)}\n".encode() + content)
    return total.hexdigest()


# The syntax check

_INSTEAD = {
    "model the case as a field of a record, and compare it": "type isinstance issubclass callable",
    "compare words with ==": "id hash",
    "a step has no text; use words and Reason": "repr str format ascii print input open",
    "write the attribute by its name": "getattr setattr delattr hasattr vars dir globals locals",
    "write the code itself": "exec eval compile __import__ breakpoint help",
    "use a plain for over a constant range": "next iter aiter anext",
    "use a word type": "float complex bytes bytearray memoryview",
    "use a tuple, or a Map of the state": "sorted set frozenset",
}
_NO_CALL = {name: why for why, names in _INSTEAD.items() for name in names.split()}
_MUTATORS = {
    *("append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "update", "setdefault", "popitem"),
    *("add", "discard", "intersection_update", "difference_update", "symmetric_difference_update"),
}
_NO_METHOD = {"write", "writelines", "send", "throw", "format", "format_map"}
_ENGINE = {
    *("raw", "is_concrete", "of", "term", "points", "shape", "decide", "leak", "build", "key_words", "check_key"),
    *("gi_frame", "gi_code", "gi_yieldfrom", "_v", "_operand"),
}
_NO_NODE: dict[type[ast.AST], str] = {
    ast.Global: "`global`: keep what must last in class State(Hypervisor.State)",
    ast.Nonlocal: "`nonlocal`: keep what must last in class State(Hypervisor.State)",
    ast.Delete: "`del` of anything but an argument: return a new value",
    ast.While: "`while`: use for over a constant range, or a step with a cursor in the state",
    ast.Try: "`try`: a step is refused or succeeds as a whole; ask with `if` before, or leave it to require(...)",
    ast.TryStar: "`try`: a step is refused or succeeds as a whole; ask with `if` before, or leave it to require(...)",
    ast.With: "`with`: call the function directly",
    ast.AsyncFor: "`async`: write a plain function",
    ast.AsyncWith: "`async`: write a plain function",
    ast.AsyncFunctionDef: "`async`: write a plain function",
    ast.Await: "`await`: write a plain function",
    ast.Yield: "`yield`: return a list or tuple",
    ast.YieldFrom: "`yield`: return a list or tuple",
    ast.Set: "a set display: use a tuple, or compare with == and any_of",
    ast.SetComp: "a set comprehension: use a list",
    ast.JoinedStr: "an f-string: a step has no text; use words and Reason",
    ast.MatchClass: "a class pattern: compare fields with ==",
    ast.MatchSingleton: "a pattern that tests identity: compare with ==",
    ast.MatchMapping: "a mapping pattern: compare fields with ==",
    ast.Import: "an import inside a function: move it to the top of the file",
    ast.ImportFrom: "an import inside a function: move it to the top of the file",
    ast.ClassDef: "a class inside a function: define it in the module",
}
_TRANSITIONS = {"operation", "hardware", "guest", "device", "decision", "invariant", "assume"}
#: What a policy may use of the modules of the language itself.
_LANGUAGE = {
    "pymodel.words": {"Choice", "Member", "Word", "all_of", "any_of", "choose", "concat", "implies", "negate"},
    "pymodel.state": {"Map", "Record", "State"},
    "pymodel.outcomes": {"Fault", "FaultKind", "Granted", "Reason", "Refused", "refuse", "require"},
    "pymodel.transitions": _TRANSITIONS,
}
_PACKAGES = ("pymodel.hardware", "pymodel.hypervisor", "pymodel.tables", "pymodel.zoo", "proofs.theorems")
_LIBRARIES = ("__future__", "typing", "dataclasses", "enum", "collections.abc")
_ALLOWED = "a policy uses the model's public names, typing, dataclasses, enum, collections.abc and its own modules"
#: Names whose meaning this check relies on.
_RESERVED = {"TYPE_CHECKING", "Granted", "Fault", "staticmethod", "classmethod", "property", "super"}
_CONSTANT = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Tuple, ast.BinOp, ast.UnaryOp, ast.Call),
    *(ast.List, ast.Dict, ast.Starred, ast.keyword, ast.expr_context, ast.operator, ast.unaryop),
)
_ANNOTATION = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.BinOp, ast.BitOr),
    ast.expr_context,
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def unsupported(policy: LoadedPolicy) -> list[Finding]:
    """Return what the symbolic execution could not see through in a policy's files, in order."""
    trees = {file: _tree(file) for file in policy.files}
    classes = {Path(file).resolve(): _classes(tree) for file, tree in trees.items()}
    found: set[Finding] = set()
    for file, tree in trees.items():
        checker = _Checker(file, classes)
        checker.block(tree.body)
        found.update(checker.findings)
    return sorted(found)


def _classes(tree: ast.Module) -> set[str]:
    return {n.name for n in ast.walk(tree) if isinstance(n, ast.ClassDef)}


def _dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _inside(function: Function) -> Iterator[ast.AST]:
    """Walk over a function's own code: nested functions are met, but not entered."""
    queue: list[ast.AST] = [function.body] if isinstance(function, ast.Lambda) else [*function.body]
    while queue:
        node = queue.pop()
        yield node
        if isinstance(node, _FUNCTIONS):
            queue += [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        else:
            queue += ast.iter_child_nodes(node)


def _bindings(function: Function) -> dict[str, list[ast.AST | None]]:
    """Return for each local name what it is bound to, with None for anything but a plain assignment."""
    a = function.args
    arguments = [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]
    bound: dict[str, list[ast.AST | None]] = {p.arg: [None] for p in arguments if p}
    plain: dict[ast.AST, ast.AST | None] = {}
    for node in _inside(function):
        if isinstance(node, ast.Assign):
            plain.update((t, node.value) for t in node.targets)
        elif isinstance(node, ast.AnnAssign):
            plain[node.target] = node.value
        elif isinstance(node, ast.AugAssign):
            plain[node.target] = ast.List([])
        name: Any = None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        elif isinstance(node, (ast.FunctionDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            name = node.name
        if name:
            bound.setdefault(name, []).append(node)
    return {name: [plain.get(n) if n else None for n in nodes] for name, nodes in bound.items()}


def _captured(function: Function) -> Iterator[ast.Name]:
    """Iterate over the names that functions inside this one take from outside themselves."""
    for inner in _inside(function):
        if isinstance(inner, _FUNCTIONS):
            own = _bindings(inner)
            loads = [n for n in _inside(inner) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
            yield from (n for n in [*loads, *_captured(inner)] if n.id not in own)


def _fresh(bound: dict[str, list[ast.AST | None]], arguments: ast.arguments, inner: list[ast.Name]) -> set[str]:
    """Return the locals that only ever hold a list or dict made here, and that no function inside may see.

    A function inside may run later (symbolically, a map's reset does), so what it sees must not change meanwhile.
    """
    displays = (ast.List, ast.Dict, ast.ListComp, ast.DictComp)
    fresh = {name for name, values in bound.items() if all(isinstance(v, displays) for v in values)}
    given = {n.arg for n in ast.walk(arguments) if isinstance(n, ast.arg)}
    seen: set[str] = set()
    queue = [n.id for n in inner if n.id in bound]
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        seen.add(name)
        for value in bound[name]:
            if value is None and name not in given:
                return set()
            queue += [n.id for n in ast.walk(value or ast.Pass()) if isinstance(n, ast.Name) and n.id in bound]
    return fresh - seen


def _looped(function: Function) -> set[str]:
    """Return the names that a function binds inside a loop or comprehension."""
    loops = [n for n in _inside(function) if isinstance(n, (ast.For, ast.comprehension))]
    return {n.id for loop in loops for n in ast.walk(loop) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


#: What makes an iterator, and what uses one up at once.
_ITERATORS = {"zip", "map", "filter", "enumerate", "reversed"}
_CONSUMERS = _ITERATORS | {"all_of", "any_of", "tuple", "list", "dict", "sum", "min", "max", "all", "any"}


def _used_once(node: ast.AST) -> bool:
    """Say whether an expression is an iterator, which can be gone through once."""
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ITERATORS
    return named or isinstance(node, ast.GeneratorExp)


def _uses_up(node: ast.AST, child: ast.AST) -> bool:
    """Say whether a node goes through an iterator there and then."""
    if isinstance(node, (ast.For, ast.comprehension)):
        return node.iter is child
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in _CONSUMERS
    return isinstance(node, ast.Starred)


@dataclass
class _Checker(ast.NodeVisitor):
    """Reads one module; `scopes` holds, for each function around the place, the locals that are fresh containers."""

    file: str
    classes: dict[Path, set[str]]
    findings: list[Finding] = field(default_factory=list)
    scopes: list[set[str]] = field(default_factory=list)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)

    def say(self, node: ast.AST, why: str) -> None:
        """Note a finding."""
        self.findings.append(Finding(self.file, getattr(node, "lineno", 0), why))

    # Modules and classes: only definitions and constants

    def block(self, body: list[ast.stmt]) -> None:
        """Check the statements of a module or of a class."""
        for node in body:
            match node:
                case ast.Import() | ast.ImportFrom():
                    self.imported(node)
                case ast.FunctionDef():
                    self.visit_FunctionDef(node)
                case ast.ClassDef():
                    self.class_(node)
                case ast.Assign(targets=targets, value=value):
                    self.constant(value)
                    self.targets(targets)
                case ast.AnnAssign(target=target, value=value, annotation=annotation):
                    self.annotation(annotation)
                    self.targets([target])
                    if value is not None:
                        self.constant(value)
                case ast.Expr(value=ast.Constant()) | ast.Pass():
                    pass
                case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                    self.block(node.orelse)
                case _:
                    self.say(node, "a statement outside a function: only imports, constants, classes and functions")

    def targets(self, targets: list[ast.expr]) -> None:
        """Check what a module or class assigns to."""
        for t in targets:
            names = t.elts if isinstance(t, ast.Tuple) else [t]
            if not all(isinstance(n, ast.Name) for n in names):
                self.say(t, "an assignment to a part of something else: define a constant, or override in a subclass")
            for n in names:
                if isinstance(n, ast.Name):
                    self.rebound(n, n.id)
                    if _dunder(n.id) and n.id not in ("__all__", "__slots__", "__doc__"):
                        self.say(n, f"{n.id}: leave Python's own names alone")

    def rebound(self, node: ast.AST, name: str) -> None:
        """Check that a name which the check relies on keeps its meaning."""
        if name in _RESERVED:
            self.say(node, f"{name} is given another meaning: choose another name")

    def constant(self, value: ast.expr, what: str = "a value computed on import", *, containers: bool = True) -> None:
        """Check a value that outlives a call: nothing in it may be able to change."""
        for node in ast.walk(value):
            if isinstance(node, ast.Call) and not self.makes_word(node.func):
                self.say(node, f"{what}: write constants and words, and compute inside functions")
            elif not isinstance(node, _CONSTANT) or (isinstance(node, (ast.List, ast.Dict)) and not containers):
                self.say(value, f"{what}: write constants, words and tuples of them")
                return
        self.visit(value)

    def makes_word(self, callee: ast.expr) -> bool:
        """Say whether a call on import makes a word, a record, or a piece of typing."""
        while isinstance(callee, ast.Attribute):
            callee = callee.value
        if not isinstance(callee, ast.Name):
            return False
        module, name = self.imports.get(callee.id, ("", callee.id))
        if module in _LIBRARIES:
            return name in ("TypeVar", "field", "auto")
        if module.startswith("pymodel"):
            return True
        home = self.sibling(module) if module else Path(self.file).resolve()
        return name in self.classes.get(home, set()) if home else False

    def class_(self, node: ast.ClassDef) -> None:
        """Check a class definition."""
        self.rebound(node, node.name)
        for keyword in node.keywords:
            if keyword.arg == "metaclass" or keyword.arg is None:
                self.say(node, "metaclass: derive from a class of the model instead")
            else:
                self.constant(keyword.value)
        for base in node.bases:
            self.annotation(base)
            builtin = getattr(builtins, base.id, None) if isinstance(base, ast.Name) else None
            if inspect.isclass(builtin) and not (builtin is object or issubclass(builtin, Exception)):
                self.say(base, f"a class derived from {builtin.__name__}: derive from Record, Word or Hypervisor")
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            name = call.func.id if call and isinstance(call.func, ast.Name) else ""
            frozen = call is not None and any(
                k.arg == "frozen" and isinstance(k.value, ast.Constant) and k.value.value is True for k in call.keywords
            )
            if self.imports.get(name) != ("dataclasses", "dataclass") or not frozen:
                self.say(decorator, "this decorator on a class: only @dataclass(frozen=True) is allowed")
        self.block(node.body)

    # Imports

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        """Check an import at module level, and remember what its names stand for."""
        for alias in node.names:
            local = alias.asname or alias.name
            if isinstance(node, ast.Import):
                if self.sibling(alias.name) is None:
                    known = self.is_known(alias.name)
                    self.say(node, f"import of {alias.name}: {'write `from ... import name`' if known else _ALLOWED}")
                continue
            module = "." * node.level + (node.module or "")
            self.imports[local] = (module, alias.name)
            if local in _RESERVED and not (local == alias.name and module in ("typing", "pymodel.outcomes")):
                self.rebound(node, local)
            sibling = self.sibling(module) or self.sibling(f"{module}.{alias.name}".replace("..", "."))
            if alias.name == "*" or not (self.is_public(module, alias.name) or sibling):
                self.say(node, f"import of {alias.name} from {module}: {_ALLOWED}")

    def is_known(self, module: str) -> bool:
        """Say whether a module is one that a policy may import from."""
        return module in _LIBRARIES or module in _LANGUAGE or f"{module}.".startswith(tuple(f"{p}." for p in _PACKAGES))

    def is_public(self, module: str, name: str) -> bool:
        """Say whether a name is a public one of a known module, and at home in it or in the model."""
        if module == "__future__" or not self.is_known(module) or name.startswith("_"):
            return module == "__future__"
        try:
            there = importlib.import_module(module)
        except ImportError:
            return False
        thing = getattr(there, name, there)
        if module in _LIBRARIES:
            return name in there.__all__ and (module != "dataclasses" or name in ("dataclass", "field"))
        home = getattr(thing, "__module__", None) or module
        if module in _LANGUAGE or (home in _LANGUAGE and hasattr(thing, "__qualname__")):
            return name in _LANGUAGE.get(home, _LANGUAGE.get(module, set()))
        return not isinstance(thing, ModuleType) and self.is_known(home)

    def sibling(self, module: str) -> Path | None:
        """Return the file of a module of the policy's own, which is checked too."""
        level = len(module) - len(module.lstrip("."))
        parts = [p for p in module.lstrip(".").split(".") if p]
        if not level and (not parts or parts[0] in sys.stdlib_module_names or parts[0] in ("pymodel", "proofs")):
            return None
        here = Path(self.file).resolve().parents[max(level, 1) - 1]
        for home in [here] if level else Path(self.file).resolve().parents:
            path = home.joinpath(*parts)
            for file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
                if file in self.classes:
                    return file
        return None

    # Functions

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Check a function, a method or a function inside one."""
        self.rebound(node, node.name)
        if _dunder(node.name) and node.name != "__init__":
            self.say(node, f"a method {node.name}: give it an ordinary name")
        for decorator in node.decorator_list:
            self.decorator(decorator)
        if node.returns is not None:
            self.annotation(node.returns)
        self.function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Check a lambda."""
        self.function(node)

    def decorator(self, node: ast.expr) -> None:
        """Check that a decorator is one of the model's, used as it must be."""
        name = node.func if isinstance(node, ast.Call) else node
        module, original = self.imports.get(name.id, ("", name.id)) if isinstance(name, ast.Name) else ("", "")
        if module == "pymodel.transitions" and original in _TRANSITIONS:
            if isinstance(node, ast.Call) != (original in ("assume", "decision")):
                argument = {"assume": '("why")', "decision": '("contract_name")'}.get(original, "")
                self.say(node, f"the decorator {original}: write @{original}{argument}")
            elif isinstance(node, ast.Call):
                self.constant(node)
        elif module or original not in ("staticmethod", "classmethod", "property"):
            self.say(node, "this decorator: use those of pymodel.transitions, staticmethod, classmethod or property")

    def function(self, node: Function) -> None:
        """Check arguments and body of a function."""
        a = node.args
        for default in [*a.defaults, *(d for d in a.kw_defaults if d)]:
            self.constant(default, "a mutable default argument", containers=False)
        bound = _bindings(node)
        inner = list(_captured(node))
        for name in inner:
            if len(bound.get(name.id, [])) > 1 or (name.id in bound and name.id in _looped(node)):
                self.say(name, f"{name.id}, used in an inner function, is bound more than once: use another name")
        self.scopes.append(_fresh(bound, a, inner))
        for local in bound:
            self.rebound(node, local)
        for p in ast.walk(a):
            if isinstance(p, ast.arg) and p.annotation is not None:
                self.annotation(p.annotation)
        for part in [node.body] if isinstance(node, ast.Lambda) else node.body:
            self.visit(part)
        self.scopes.pop()

    def annotation(self, node: ast.expr) -> None:
        """Check that an annotation, or a base class, is a plain type."""
        for part in ast.walk(node):
            if not isinstance(part, _ANNOTATION):
                self.say(node, "an annotation or base that computes: write a plain type")
                return
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                try:
                    self.annotation(ast.copy_location(ast.parse(part.value, mode="eval").body, part))
                except SyntaxError:
                    self.say(node, "an annotation that is no type: write a plain type")
            if isinstance(part, (ast.Name, ast.Attribute)) and _dunder(getattr(part, "id", getattr(part, "attr", ""))):
                self.say(node, "an annotation with one of Python's own names: write a plain type")

    # Statements and expressions inside functions

    def visit(self, node: ast.AST) -> None:
        """Reject what is never allowed, and go on with the rest."""
        why = _NO_NODE.get(type(node))
        if isinstance(node, ast.Delete) and all(isinstance(t, ast.Name) for t in node.targets):
            return
        if why is not None:
            self.say(node, why)
        for child in ast.iter_child_nodes(node):
            if _used_once(child) and not _uses_up(node, child):
                self.say(child, "an iterator that is kept: it is empty the second time; make a tuple of it")
        super().visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Stop here: `visit` has rejected it."""

    visit_Import = visit_ClassDef = visit_ImportFrom  # type: ignore[assignment] # noqa: N815 - the names that ast calls

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Check a local with a type."""
        self.annotation(node.annotation)
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        """Reject identity, except with None."""
        operands = [node.left, *node.comparators]
        for op, pair in zip(node.ops, pairwise(operands), strict=True):
            nones = [p for p in pair if isinstance(p, ast.Constant) and p.value is None]
            if isinstance(op, (ast.Is, ast.IsNot)) and not nones:
                self.say(node, "`is`: compare with ==")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Reject calls by the method's name; names of functions are rejected wherever they stand."""
        callee = node.func
        name = callee.attr if isinstance(callee, ast.Attribute) else callee.id if isinstance(callee, ast.Name) else ""
        if isinstance(callee, ast.Attribute) and name in _NO_METHOD:
            self.say(node, f".{name}(): nothing may be written or sent by a step; return a new state")
        if name in ("State", "MachineState"):
            self.say(node, "a state made from nothing: return s.replace(...) or s.put(...)")
        if isinstance(callee, ast.Name) and name == "isinstance" and self.asks_outcome(node):
            self.visit(node.args[0])
            return
        self.generic_visit(node)

    def asks_outcome(self, node: ast.Call) -> bool:
        """Say whether this asks which outcome an access had: a word is neither, known or not."""
        kinds = node.args[1].elts if len(node.args) > 1 and isinstance(node.args[1], ast.Tuple) else node.args[1:]
        allowed = {("pymodel.outcomes", "Granted"), ("pymodel.outcomes", "Fault")}
        return all(isinstance(k, ast.Name) and self.imports.get(k.id) in allowed for k in kinds)

    def visit_Name(self, node: ast.Name) -> None:
        """Reject the functions that look through a word, wherever they are named."""
        if isinstance(node.ctx, ast.Load) and node.id in _NO_CALL:
            self.say(node, f"{node.id}: {_NO_CALL[node.id]}")
        elif _dunder(node.id):
            self.say(node, f"{node.id}: leave Python's own names alone")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Reject stores, methods that change something, and what only the engine may see."""
        base = node.value
        is_self = isinstance(base, ast.Name) and base.id == "self"
        to_super = isinstance(base, ast.Call) and isinstance(base.func, ast.Name) and base.func.id == "super"
        if not isinstance(node.ctx, ast.Load):
            instead = "state belongs in class State(Hypervisor.State)" if is_self else "use replace(...)"
            self.say(node, f"a store to .{node.attr}: {instead}")
        elif node.attr in _MUTATORS and not self.is_fresh(base):
            self.say(node, f".{node.attr}: only a list or dict made in this function may be changed; make a new value")
        elif _dunder(node.attr) and not (node.attr == "__init__" and to_super):
            self.say(node, f".{node.attr}: leave Python's own names alone")
        elif node.attr in _ENGINE:
            self.say(node, f".{node.attr}: the engine's own; use the operators of words")
        self.visit(base)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """Reject stores into anything that was not made here."""
        if not isinstance(node.ctx, ast.Load) and not self.is_fresh(node.value):
            self.say(node, "a store to [...]: use s.put(...), or a list or dict made in this function")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """Allow `n += 1` and `fresh += more`: anything else may change a list in place."""
        number = isinstance(node.value, ast.Constant) and isinstance(node.value.value, int)
        if not (number and not isinstance(node.op, ast.Mult)) and not self.is_fresh(node.target):
            self.say(node, "an augmented assignment may change its target in place: write `x = x + y`")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """Reject formatting with %."""
        if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
            self.say(node, "formatting with %: a step has no text; use words and Reason")
        self.generic_visit(node)

    def is_fresh(self, base: ast.expr) -> bool:
        """Say whether an expression is a local that holds a list or dict made in this function."""
        return isinstance(base, ast.Name) and bool(self.scopes) and base.id in self.scopes[-1]
