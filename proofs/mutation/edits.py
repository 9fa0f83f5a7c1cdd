"""Edits: the single changes that can be made to one function, found in its syntax tree.

| kind | what is changed |
| --- | --- |
| guard | a `require...(...)`, or an `if` that only refuses, is left out |
| conjunct, disjunct | one part of an `all_of` or `and`, of an `any_of` or `or`, is left out |
| comparison | `==` becomes `!=`, `<` becomes `<=`, and the other way round |
| negation | `negate(x)` becomes `x` |
| effect | an update of the state, or one field of a new record, is left out |
| swap | two updates in a row take place in the other order |
| answer | a function that answers yes or no always says yes (a decision: also, always no) |
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

__all__ = ["Edit", "edits", "rebuilt", "state_makers"]

FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
#: Methods of states and maps that return the thing with one update more.
UPDATES = ("put", "replace", "reset", "set")
NOTHING = "(left out)"


@dataclass(frozen=True)
class Edit:
    """One change: its kind, the line, the text before and after, and the new nodes by `id` of the old ones (None: none)."""

    kind: str
    line: int
    column: int
    before: str
    after: str
    changes: dict[int, ast.AST | None]


def rebuilt(old: ast.AST, changes: dict[int, ast.AST | None]) -> Any:
    """Return a copy of a tree with some nodes replaced or, in a list, left out."""
    if id(old) in changes:
        return changes[id(old)]
    fields: dict[str, Any] = {}
    for name, value in ast.iter_fields(old):
        if isinstance(value, list):
            pairs = [(v, rebuilt(v, changes) if isinstance(v, ast.AST) else v) for v in value]
            fields[name] = [new for v, new in pairs if new is not None or v is None]
            if name == "body" and value and not fields[name]:
                fields[name] = [ast.Pass()]
        else:
            fields[name] = rebuilt(value, changes) if isinstance(value, ast.AST) else value
    return ast.copy_location(type(old)(**fields), old)


def state_makers(trees: list[ast.Module]) -> set[str]:
    """Return the names of functions that take a state and return the next one, as their annotations say."""
    functions = [n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    return {f.name for f in functions if f.returns is not None and ast.unparse(f.returns).endswith("State")}


def edits(function: ast.FunctionDef, makers: set[str]) -> list[Edit]:
    """Return every edit of a function, in the order of the source, those of one kind together."""
    body = [node for statement in function.body for node in ast.walk(statement)]
    effects = Effects(makers)
    found = [*guards(function), *parts(body), *comparisons(body), *negations(body)]
    found += [*effects.dropped(body), *effects.fields(body), *effects.swapped_calls(body), *effects.swapped_lines(function)]
    found += answers(function)
    return sorted(found, key=lambda e: (e.line, e.column))


def _edit(kind: str, old: ast.AST, new: ast.AST | None, after: str = "") -> Edit:
    text = after or (NOTHING if new is None else ast.unparse(new))
    return Edit(kind, getattr(old, "lineno", 0), getattr(old, "col_offset", 0), ast.unparse(old), text, {id(old): new})


def called(node: ast.AST) -> str:
    """Return the name of the function or method that a node calls, or nothing."""
    if not isinstance(node, ast.Call):
        return ""
    callee = node.func
    return callee.id if isinstance(callee, ast.Name) else callee.attr if isinstance(callee, ast.Attribute) else ""


def guards(function: ast.FunctionDef) -> Iterator[Edit]:
    """Leave out each refusal."""
    for node in ast.walk(function):
        plain = isinstance(node, ast.Expr) and called(node.value).startswith(("require", "refuse"))
        if plain or (isinstance(node, ast.If) and not node.orelse and refuses(node.body[-1])):
            yield _edit("guard", node, None)


def refuses(statement: ast.stmt) -> bool:
    """Say whether a statement always refuses."""
    return isinstance(statement, ast.Raise) or (isinstance(statement, ast.Expr) and called(statement.value) == "refuse")


def parts(body: list[ast.AST]) -> Iterator[Edit]:
    """Leave out each part of each conjunction and disjunction."""
    kinds = {"all_of": "conjunct", "any_of": "disjunct"}
    for node in body:
        if isinstance(node, ast.Call) and called(node) in kinds and len(node.args) > 1:
            for part in node.args:
                if not isinstance(part, ast.Starred):
                    yield _edit(kinds[called(node)], part, None)
        if isinstance(node, ast.BoolOp):
            for part in node.values:
                rest = [v for v in node.values if v is not part]
                new = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
                yield _edit("conjunct" if isinstance(node.op, ast.And) else "disjunct", node, new)


def comparisons(body: list[ast.AST]) -> Iterator[Edit]:
    """Turn each comparison into its neighbour."""
    for node in body:
        if isinstance(node, ast.Compare):
            for n, op in enumerate(node.ops):
                new = FLIPPED.get(type(op))
                if new is not None:
                    ops = [*node.ops[:n], new(), *node.ops[n + 1 :]]
                    yield _edit("comparison", node, ast.Compare(node.left, ops, node.comparators))


def negations(body: list[ast.AST]) -> Iterator[Edit]:
    """Leave out each negation."""
    for node in body:
        if isinstance(node, ast.Call) and called(node) == "negate" and len(node.args) == 1:
            yield _edit("negation", node, node.args[0])
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield _edit("negation", node, node.operand)


def answers(function: ast.FunctionDef) -> Iterator[Edit]:
    """Let a function that says yes or no always say yes, and a decision also always no."""
    if function.returns is None or ast.unparse(function.returns) != "bool":
        return
    decides = any("decision" in ast.unparse(d) for d in function.decorator_list)
    for answer in (True, False) if decides else (True,):
        lines = [s for s in function.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
        new = ast.copy_location(ast.Return(ast.Constant(answer)), lines[0])
        if ast.unparse(lines[-1]) == ast.unparse(new):
            continue
        changes: dict[int, ast.AST | None] = {id(s): None for s in lines}
        text = "; ".join(map(ast.unparse, lines))
        yield Edit("answer", lines[0].lineno, 0, text, ast.unparse(new), {**changes, id(lines[0]): new})


class Effects:
    """Edits of updates: calls that take a state, or a map, and return it with a change."""

    def __init__(self, makers: set[str]) -> None:
        """Keep the names of functions that return a state."""
        self.makers = makers

    def base(self, node: ast.AST | None) -> ast.expr | None:
        """Return what an update is made to, or None if a node is no update."""
        if not isinstance(node, ast.Call):
            return None
        callee = node.func
        if isinstance(callee, ast.Attribute) and not is_self(callee.value):
            return callee.value if callee.attr in UPDATES else None
        return node.args[0] if called(node) in self.makers and node.args else None

    def dropped(self, body: list[ast.AST]) -> Iterator[Edit]:
        """Leave out each update; a `replace` loses its fields one at a time, and `x=s.x.set(...)` is one of those."""
        alone = {id(k.value) for node in body if called(node) == "replace" for k in node.keywords}  # type: ignore[attr-defined]
        for node in body:
            base = self.base(node)
            if base is None or (called(node) == "replace" and not is_self(node.func.value)):  # type: ignore[attr-defined]
                continue
            if id(node) in alone and called(node) in UPDATES and self.base(base) is None:
                continue
            yield _edit("effect", node, base)

    def fields(self, body: list[ast.AST]) -> Iterator[Edit]:
        """Leave out each field of a `replace` and of a new record."""
        for node in body:
            if isinstance(node, ast.Call) and (called(node) == "replace" or called(node)[:1].isupper()):
                for keyword in node.keywords:
                    yield _edit("effect", keyword, None, f"{NOTHING} of {called(node)}(...)")

    def swapped_calls(self, body: list[ast.AST]) -> Iterator[Edit]:
        """Swap an update and the one that it is made to, where the one stands inside the other."""
        for node in body:
            inner = self.base(node)
            first = self.base(inner)
            if inner is not None and first is not None:
                assert isinstance(node, ast.Call)
                assert isinstance(inner, ast.Call)
                yield _edit("swap", node, rebuilt(inner, {id(first): rebuilt(node, {id(inner): first})}))

    def swapped_lines(self, function: ast.FunctionDef) -> Iterator[Edit]:
        """Swap the update that a line keeps under a name with the update that the next line makes to that name."""
        for node in ast.walk(function):
            for block in (getattr(node, "body", None), getattr(node, "orelse", None)):
                lines = block if isinstance(block, list) else []
                for first, second in pairwise(lines):
                    yield from self._swap(first, second)

    def _swap(self, first: ast.stmt, second: ast.stmt) -> Iterator[Edit]:
        if not (isinstance(first, ast.Assign) and isinstance(second, (ast.Assign, ast.Return))):
            return
        name, outer, start = first.targets[0], first.value, self.base(first.value)
        inner: ast.AST | None = second.value
        while self.base(self.base(inner)) is not None:
            inner = self.base(inner)
        base = self.base(inner)
        if start is None or not (isinstance(name, ast.Name) and isinstance(base, ast.Name) and base.id == name.id):
            return
        assert inner is not None
        if sum(isinstance(n, ast.Name) and n.id == name.id for n in ast.walk(inner)) > 1:
            return
        changes = {id(outer): rebuilt(inner, {id(base): start}), id(inner): rebuilt(outer, {id(start): base})}
        lines = (first, second)
        before, after = ("; ".join(ast.unparse(x) for x in xs) for xs in (lines, [rebuilt(x, changes) for x in lines]))
        yield Edit("swap", first.lineno, first.col_offset, before, after, changes)


def is_self(node: ast.expr) -> bool:
    """Say whether a node is `self` or `super()`."""
    return called(node) == "super" or (isinstance(node, ast.Name) and node.id == "self")
