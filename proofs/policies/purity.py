"""The syntax check: what Python gives no hook for is rejected by reading the source, before anything is run."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import sys
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from types import ModuleType

from proofs.policies.allowed import (
    ALLOWED,
    ANNOTATION,
    BUILTINS,
    CONSTANT,
    LANGUAGE,
    LIBRARIES,
    MUTATORS,
    NO_CALL,
    NO_METHOD,
    NO_NODE,
    PACKAGES,
    RESERVED,
    TRANSITIONS,
    TYPING,
    hidden,
    interface,
    named_in_surface,
)
from proofs.policies.files import parsed
from proofs.policies.loaded import LoadedPolicy
from proofs.policies.names import Function, bindings, captured, defined, derived, dunder, fresh_locals, looped, used_once, uses_up
from pymodel import surface
from pymodel.language.state import Map, Record, State
from pymodel.language.words import Word

__all__ = ["Finding", "unsupported"]


#: What is said of a class that a step has no use for.
FROM_NOTHING = "a state is not made from nothing: return s.replace(...) or s.put(...)"


@dataclass(frozen=True, order=True)
class Finding:
    """A construct that the symbolic execution could not see through."""

    file: str
    line: int
    why: str


def unsupported(policy: LoadedPolicy) -> list[Finding]:
    """Return what the symbolic execution could not see through in a policy's files, in order."""
    trees = {file: parsed(file) for file in policy.files}
    classes = {Path(file).resolve(): _classes(tree) for file, tree in trees.items()}
    offered = interface() | ({name for tree in trees.values() for name in defined(tree)} - hidden())
    states = derived(trees.values(), named_in_surface(State, Map) | {"State"})
    values = derived(trees.values(), named_in_surface(Word, Record) | states)
    found: set[Finding] = set()
    for file, tree in trees.items():
        checker = _Checker(file, classes, offered, values, states)
        checker.block(tree.body)
        found.update(checker.findings)
    return sorted(found)


def _classes(tree: ast.Module) -> set[str]:
    return {n.name for n in ast.walk(tree) if isinstance(n, ast.ClassDef)}


@dataclass
class _Checker(ast.NodeVisitor):
    """Reads one module; `scopes` holds, for each function around the place, the locals that are fresh containers."""

    file: str
    classes: dict[Path, set[str]]
    offered: frozenset[str]
    """The attributes of the model and those that the policy defines."""
    values: set[str]
    """The classes of words, records and states, by all their names."""
    states: set[str]
    """The classes of states and maps."""
    findings: list[Finding] = field(default_factory=list)
    in_class: bool = False
    """Whether names are defined in a class, where they hide nothing."""
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
                    self.assigned(targets, value)
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

    def assigned(self, targets: list[ast.expr], value: ast.expr) -> None:
        """Check an assignment; `State = NAME` in a policy says what its state is."""
        if not (self.in_class and isinstance(value, ast.Name) and [getattr(t, "id", "") for t in targets] == ["State"]):
            self.constant(value)
            self.targets(targets)

    def targets(self, targets: list[ast.expr]) -> None:
        """Check what a module or class assigns to."""
        for t in targets:
            names = t.elts if isinstance(t, ast.Tuple) else [t]
            if not all(isinstance(n, ast.Name) for n in names):
                self.say(t, "an assignment to a part of something else: define a constant, or override in a subclass")
            for n in names:
                if isinstance(n, ast.Name):
                    self.rebound(n, n.id)
                    if dunder(n.id) and n.id not in ("__all__", "__slots__", "__doc__"):
                        self.say(n, f"{n.id}: leave Python's own names alone")

    def rebound(self, node: ast.AST, name: str) -> None:
        """Check that a name which the check relies on keeps its meaning."""
        if name in RESERVED or (hasattr(builtins, name) and not self.in_class):
            self.say(node, f"{name} is given another meaning: choose another name")

    def constant(self, value: ast.expr, what: str = "a value computed on import", *, containers: bool = True) -> None:
        """Check a value that outlives a call: nothing in it may be able to change."""
        for node in ast.walk(value):
            if isinstance(node, ast.Call) and not self.makes_word(node.func):
                self.say(node, f"{what}: write constants and words, and compute inside functions")
            elif not isinstance(node, CONSTANT) or (isinstance(node, (ast.List, ast.Dict)) and not containers):
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
        if module in LIBRARIES:
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
        if node.name in self.values:
            for method in [n for n in node.body if isinstance(n, ast.FunctionDef)]:
                self.say(method, f"{method.name} of {node.name}: a word, a record or a state has no methods; write a function")
        outside, self.in_class = self.in_class, True
        self.block(node.body)
        self.in_class = outside

    # Imports

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        """Check an import at module level, and remember what its names stand for."""
        for alias in node.names:
            local = alias.asname or alias.name
            if isinstance(node, ast.Import):
                self.rebound(node, local)
                if self.sibling(alias.name) is None:
                    known = self.is_known(alias.name)
                    self.say(node, f"import of {alias.name}: {'write `from ... import name`' if known else ALLOWED}")
                continue
            module = "." * node.level + (node.module or "")
            self.imports[local] = (module, alias.name)
            if not (local == alias.name and module in ("typing", "pymodel", "pymodel.hardware.access")):
                self.rebound(node, local)
            sibling = self.sibling(module) or self.sibling(f"{module}.{alias.name}".replace("..", "."))
            if alias.name == "*":
                self.say(node, f"import of * from {module}: import by name what the policy uses")
            elif not (self.is_public(module, alias.name) or sibling):
                self.say(node, f"import of {alias.name} from {module}: {ALLOWED}")

    def is_known(self, module: str) -> bool:
        """Say whether a module is one that a policy may import from."""
        return module in (*LIBRARIES, "pymodel") or module in LANGUAGE or f"{module}.".startswith(tuple(f"{p}." for p in PACKAGES))

    def is_public(self, module: str, name: str) -> bool:
        """Say whether a name is a public one of a known module, and at home in it or in the model."""
        if module == "pymodel":
            return name in surface.__all__
        if module == "__future__" or not self.is_known(module) or name.startswith("_"):
            return module == "__future__"
        try:
            there = importlib.import_module(module)
        except ImportError:
            return False
        thing = getattr(there, name, there)
        if module in LIBRARIES:
            some = {"dataclasses": {"dataclass", "field"}, "typing": TYPING}.get(module)
            return name in there.__all__ and (some is None or name in some)
        home = getattr(thing, "__module__", None) or module
        if module in LANGUAGE or (home in LANGUAGE and hasattr(thing, "__qualname__")):
            return name in LANGUAGE.get(home, LANGUAGE.get(module, set()))
        return not isinstance(thing, ModuleType) and self.is_known(home) and (name in surface.__all__ or ".zoo." in module)

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
                unread = [home.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts))]
                if file in self.classes and not any(init.exists() and init not in self.classes for init in unread):
                    return file
        return None

    # Functions

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Check a function, a method or a function inside one."""
        self.rebound(node, node.name)
        if dunder(node.name) and node.name != "__init__":
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
        if module in ("pymodel", "pymodel.language.steps") and original in TRANSITIONS:
            if isinstance(node, ast.Call) != (original in ("assume", "decision")):
                argument = {"assume": '("why")', "decision": '("contract_name")'}.get(original, "")
                self.say(node, f"the decorator {original}: write @{original}{argument}")
            elif isinstance(node, ast.Call):
                self.constant(node)
        elif module or original not in ("staticmethod", "classmethod", "property"):
            self.say(node, "this decorator: use those of pymodel.language.steps, staticmethod, classmethod or property")

    def function(self, node: Function) -> None:
        """Check arguments and body of a function."""
        a = node.args
        for default in [*a.defaults, *(d for d in a.kw_defaults if d)]:
            self.constant(default, "a mutable default argument", containers=False)
        bound = bindings(node)
        inner = list(captured(node))
        for name in inner:
            if len(bound.get(name.id, [])) > 1 or (name.id in bound and name.id in looped(node)):
                self.say(name, f"{name.id}, used in an inner function, is bound more than once: use another name")
        self.scopes.append(fresh_locals(bound, a, inner))
        outside, self.in_class = self.in_class, False
        for local, values in bound.items():
            self.rebound(next(filter(None, values), node), local)
        for p in ast.walk(a):
            if isinstance(p, ast.arg) and p.annotation is not None:
                self.annotation(p.annotation)
        for part in [node.body] if isinstance(node, ast.Lambda) else node.body:
            self.visit(part)
        self.in_class = outside
        self.scopes.pop()

    def annotation(self, node: ast.expr) -> None:
        """Check that an annotation, or a base class, is a plain type."""
        for part in ast.walk(node):
            if not isinstance(part, ANNOTATION):
                self.say(node, "an annotation or base that computes: write a plain type")
                return
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                try:
                    self.annotation(ast.copy_location(ast.parse(part.value, mode="eval").body, part))
                except SyntaxError:
                    self.say(node, "an annotation that is no type: write a plain type")
            if isinstance(part, (ast.Name, ast.Attribute)) and dunder(getattr(part, "id", getattr(part, "attr", ""))):
                self.say(node, "an annotation with one of Python's own names: write a plain type")

    # Statements and expressions inside functions

    def visit(self, node: ast.AST) -> None:
        """Reject what is never allowed, and go on with the rest."""
        why = NO_NODE.get(type(node))
        if isinstance(node, ast.Delete) and all(isinstance(t, ast.Name) for t in node.targets):
            return
        if why is not None:
            self.say(node, why)
        for child in ast.iter_child_nodes(node):
            if used_once(child) and not uses_up(node, child):
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
        if isinstance(callee, ast.Attribute) and name in NO_METHOD:
            self.say(node, f".{name}(): nothing may be written or sent by a step; return a new state")
        if isinstance(callee, ast.Name) and name == "isinstance" and self.asks_outcome(node):
            self.visit(node.args[0])
            return
        self.generic_visit(node)

    def asks_outcome(self, node: ast.Call) -> bool:
        """Say whether this asks which outcome an access had: a word is neither, known or not."""
        kinds = node.args[1].elts if len(node.args) > 1 and isinstance(node.args[1], ast.Tuple) else node.args[1:]
        allowed = {(module, name) for module in ("pymodel", "pymodel.hardware.access") for name in ("Granted", "Fault")}
        return all(isinstance(k, ast.Name) and self.imports.get(k.id) in allowed for k in kinds)

    def visit_Name(self, node: ast.Name) -> None:
        """Reject the functions that look through a word, wherever they are named."""
        if isinstance(node.ctx, ast.Load) and node.id in NO_CALL:
            self.say(node, f"{node.id}: {NO_CALL[node.id]}")
        elif isinstance(node.ctx, ast.Load) and hasattr(builtins, node.id) and node.id not in BUILTINS and not dunder(node.id):
            self.say(node, f"{node.id}: no function of Python that a policy may use")
        elif dunder(node.id):
            self.say(node, f"{node.id}: leave Python's own names alone")
        elif node.id in self.states:
            self.say(node, f"{node.id}: {FROM_NOTHING}")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Reject stores, methods that change something, and what only the engine may see."""
        base = node.value
        is_self = isinstance(base, ast.Name) and base.id == "self"
        to_super = isinstance(base, ast.Call) and isinstance(base.func, ast.Name) and base.func.id == "super"
        if not isinstance(node.ctx, ast.Load):
            instead = "state belongs in class State(Hypervisor.State)" if is_self else "use replace(...)"
            self.say(node, f"a store to .{node.attr}: {instead}")
        elif node.attr in MUTATORS and not self.is_fresh(base):
            self.say(node, f".{node.attr}: only a list or dict made in this function may be changed; make a new value")
        elif dunder(node.attr) and not (node.attr == "__init__" and to_super):
            self.say(node, f".{node.attr}: leave Python's own names alone")
        elif node.attr in self.states:
            self.say(node, f".{node.attr}: {FROM_NOTHING}")
        elif node.attr not in self.offered and node.attr not in MUTATORS and not self.is_fresh(base):
            near = get_close_matches(node.attr, self.offered, 1)
            hint = "; it is the engine's" if node.attr in hidden() else f"; did you mean .{near[0]}?" if near else ""
            self.say(node, f".{node.attr}: neither the model nor the policy offers it{hint}")
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
