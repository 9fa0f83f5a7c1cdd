"""What the names of a function are bound to, and which expressions can be gone through only once."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = [
    "Function",
    "bindings",
    "captured",
    "defined",
    "derived",
    "dunder",
    "fresh_locals",
    "last_name",
    "looped",
    "used_once",
    "uses_up",
]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def dunder(name: str) -> bool:
    """Say whether a name is one of Python's own."""
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


def bindings(function: Function) -> dict[str, list[ast.AST | None]]:
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


def captured(function: Function) -> Iterator[ast.Name]:
    """Iterate over the names that functions inside this one take from outside themselves."""
    for inner in _inside(function):
        if isinstance(inner, _FUNCTIONS):
            own = bindings(inner)
            loads = [n for n in _inside(inner) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
            yield from (n for n in [*loads, *captured(inner)] if n.id not in own)


def fresh_locals(bound: dict[str, list[ast.AST | None]], arguments: ast.arguments, inner: list[ast.Name]) -> set[str]:
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


def looped(function: Function) -> set[str]:
    """Return the names that a function binds inside a loop or comprehension."""
    loops = [n for n in _inside(function) if isinstance(n, (ast.For, ast.comprehension))]
    return {n.id for loop in loops for n in ast.walk(loop) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


#: What makes an iterator, and what uses one up at once.
_ITERATORS = {"zip", "map", "filter", "enumerate", "reversed"}
_CONSUMERS = _ITERATORS | {"all_of", "any_of", "tuple", "list", "dict", "sum", "min", "max", "all", "any"}


def used_once(node: ast.AST) -> bool:
    """Say whether an expression is an iterator, which can be gone through once."""
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ITERATORS
    return named or isinstance(node, ast.GeneratorExp)


def uses_up(node: ast.AST, child: ast.AST) -> bool:
    """Say whether a node goes through an iterator there and then."""
    if isinstance(node, (ast.For, ast.comprehension)):
        return node.iter is child
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in _CONSUMERS
    return isinstance(node, ast.Starred)


def defined(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a file defines at its top and in its classes."""
    for body in [tree.body, *(n.body for n in ast.walk(tree) if isinstance(n, ast.ClassDef))]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield node.name
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
            yield from (n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name))


def derived(trees: Iterable[ast.Module], known: set[str]) -> set[str]:
    """Return the names of some classes and of those derived from them in any file, under whatever name one is imported."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    found, size = set(known), 0
    while size < len(found):
        size = len(found)
        for node in nodes:
            if isinstance(node, ast.ClassDef) and any(last_name(base) in found for base in node.bases):
                found.add(node.name)
            elif isinstance(node, ast.ImportFrom):
                found |= {alias.asname for alias in node.names if alias.asname and alias.name in found}
    return found


def last_name(node: ast.expr) -> str:
    """Return a name, or what stands behind the last dot."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
