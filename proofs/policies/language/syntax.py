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
    for part in _inside(node):
        if private(part) and part is not node:
            say(part, f"{private(part)}: a name that begins with __ is Python's own; choose another")
        if isinstance(part, ast.arguments):
            owner = part.args[0] if part.args else node
            if part.posonlyargs or part.kwonlyargs or part.vararg or part.kwarg:
                say(owner, "a `*` or `/` among arguments: arguments are plain names")
            if part.defaults or part.kw_defaults:
                say(owner, "a default argument: give it at each call")
        elif isinstance(part, ast.FunctionDef) and part is not node and part.decorator_list:
            say(part, "a decorator on a function inside a function: remove it")
        elif not isinstance(part, (*ALLOWED, *TYPED)):
            say(part, NO_NODE.get(type(part), f"`{ast.unparse(part)}`: no part of the language"))


def _inside(node: ast.FunctionDef) -> list[ast.AST]:
    """Return the nodes of a function but for annotations and its own decorators, in the order of the text."""
    found: list[ast.AST] = [node]
    for field, value in ast.iter_fields(node):
        if field in ("args", "body"):
            for part in value if isinstance(value, list) else [value]:
                found += _below(part)
    return found


def _below(node: ast.AST) -> list[ast.AST]:
    found = [node]
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "type_comment", "type_params"):
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                found += _below(part)
    return found
