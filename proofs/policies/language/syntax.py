"""What every node of a function must be, wherever it stands: also what no call reaches, which still says what Python compiles."""

from __future__ import annotations

import ast
from collections.abc import Callable

from proofs.policies.language.table import NO_NODE, NODES, OPERATORS

__all__ = ["check_function", "private"]

#: The nodes that a function is made of; what surrounds them has no choice.
AROUND = (ast.arguments, ast.arg, ast.keyword, ast.comprehension, ast.Starred, ast.Slice, ast.expr_context, ast.boolop, ast.unaryop)
ALLOWED = (*(node for nodes in (*NODES.values(), *OPERATORS.values()) for node in nodes), *AROUND)
#: What is told where its operands are known.
TYPED = (ast.operator, ast.cmpop)

Say = Callable[[ast.AST, str], None]


def private(node: ast.AST) -> str:
    """Return the name that a node has of Python's own, or that Python would change inside a class; nothing if it has none."""
    names = [getattr(node, field, None) for field in ("id", "arg", "attr", "name")]
    return next((name for name in names if isinstance(name, str) and name.startswith("__")), "")


def check_function(node: ast.FunctionDef, say: Say) -> None:
    """Note what no function may hold: nodes outside the language, arguments with defaults or stars, names that begin with `__`."""
    for part in (node.args, *node.body):
        _check(part, node, say)


def _check(node: ast.AST, function: ast.FunctionDef, say: Say) -> None:
    """Check a node and those below it, but for annotations; below what is refused nothing is looked at."""
    if not isinstance(node, (*ALLOWED, *TYPED)):
        say(node, NO_NODE.get(type(node), f"`{ast.unparse(node).splitlines()[0]}`: no part of the language"))
        return
    if private(node):
        say(node, f"{private(node)}: a name that begins with __ is Python's own; choose another")
    if isinstance(node, ast.arguments):
        owner = node.args[0] if node.args else function
        if node.posonlyargs or node.kwonlyargs or node.vararg or node.kwarg:
            say(owner, "a `*` or `/` among arguments: arguments are plain names")
        if node.defaults or node.kw_defaults:
            say(owner, "a default argument: give it at each call")
    if isinstance(node, ast.FunctionDef) and node.decorator_list:
        say(node, "a decorator on a function inside a function: remove it")
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns", "decorator_list"):
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, ast.AST):
                    _check(part, function, say)
