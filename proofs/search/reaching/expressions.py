"""Expressions over a state, as a reader writes them: `vm[Vm(3)].life == Life.DYING`.

Only what an expression may say is let through: parts of the state by name, types of words and their constants, subscripts, fields,
comparisons, bit operations, `and`, `or`, `not`, and calls of the language. It becomes an ordinary function of the state, so
the same text is asked of a concrete state and of the solver.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable
from typing import Any

from pymodel.hardware import ids as hardware_ids
from pymodel.hypervisor import ids as hypervisor_ids
from pymodel.language.state import MapShape, Record, State
from pymodel.language.truth import Truth, all_of, any_of, implies, negate
from pymodel.language.words import Choice, Word, choose, concat

__all__ = ["ExpressionError", "bind", "parse"]

#: The name that the whole state has in an expression.
STATE = "s"
#: The name under which the check of a truth value stands in the compiled function; no expression can say it.
CHECK = " truth"
#: What the language offers: functions, and methods of a word.
FUNCTIONS: dict[str, Callable[..., Any]] = {f.__name__: f for f in (all_of, any_of, choose, concat, implies, negate)}
METHODS = ("add_overflows", "allows", "bits", "last", "sext", "sle", "slt", "to", "within")
PROPERTIES = ("is_io",)
JOINED = {ast.And: "all_of", ast.Or: "any_of"}
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift)
COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
ALLOWED = "an expression is made of parts of the state, ids, comparisons, and, or, not, and calls of the language"
#: The longest expression, in characters.
LONGEST = 4000

Predicate = Callable[..., Any]


class ExpressionError(ValueError):
    """An expression that says nothing about a state, or more than it may."""


def parse(text: str) -> ast.expr:
    """Return the tree of an expression; what is not Python is an `ExpressionError`."""
    if len(text) > LONGEST:
        raise ExpressionError(f"the expression has {len(text):,} characters; {LONGEST:,} are read")
    try:
        return ast.parse(text.strip(), "<expression>", "eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"the expression {text!r} is not Python: {getattr(error, 'msg', error)}") from error


def vocabulary(kind: type[State]) -> dict[str, Any]:
    """Return the types and constants that an expression may name: those of the model, and those of a policy's own state."""
    out: dict[str, Any] = dict(FUNCTIONS)
    for module in (hardware_ids, hypervisor_ids):
        out |= {n: v for n, v in vars(module).items() if isinstance(v, Word) or is_word(v)}
    for shape in kind.shapes().values():
        keys = shape.keys if isinstance(shape, MapShape) else ()
        out |= {t.__name__: t for t in [*keys, *record_of(shape).fields().values()] if is_word(t)}
    return {**out, "True": True, "False": False}


def is_word(value: Any) -> bool:
    """Say whether a value is a type of word."""
    return isinstance(value, type) and issubclass(value, Word)


def record_of(shape: MapShape | type[Record]) -> type[Record]:
    """Return the type of record that a part of the state holds."""
    return shape.record if isinstance(shape, MapShape) else shape


class Reader(ast.NodeTransformer):
    """Lets through what an expression may say, and joins truth values so that all of them are looked at, without a fork."""

    def __init__(self, kind: type[State], names: dict[str, Any]) -> None:
        """Take the names that are known."""
        self.names, self.parts = names, list(kind.shapes())
        self.maps = {n: shape.keys for n, shape in kind.shapes().items() if isinstance(shape, MapShape)}
        fields = {f for shape in kind.shapes().values() for f in record_of(shape).fields()}
        members = {m for t in names.values() if is_word(t) and issubclass(t, Choice) for m in t.names}
        self.attributes = fields | members | set(PROPERTIES)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Refuse whatever no other method lets through."""
        raise ExpressionError(f"column {column(node)}: {type(node).__name__.lower()} is not understood; {ALLOWED}")

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """Let numbers and truth values through."""
        if node.value.__class__ not in (int, bool):
            raise ExpressionError(f"column {column(node)}: {node.value!r} is no number; {ALLOWED}")
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Let types, constants and single records of the state through."""
        if node.id in self.names:
            return node
        if node.id == STATE:
            raise ExpressionError(f"column {column(node)}: name a part of the state, as in {STATE}.{self.parts[0]}[...]")
        return self.part(node, node.id, [*self.parts, *self.names])

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Let single records of the state, fields of records and members of choices through."""
        if is_state(node.value):
            return self.part(node, node.attr, self.parts)
        if node.attr not in self.attributes:
            known = sorted(self.attributes)
            raise ExpressionError(f"column {column(node)}: no field is called {node.attr!r}{near(node.attr, known)}")
        return ast.Attribute(self.visit(node.value), node.attr, ast.Load())

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Let a read of a map through."""
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        keys = [self.visit(p) for p in parts]
        name = node.value.id if isinstance(node.value, ast.Name) else getattr(node.value, "attr", "")
        if isinstance(node.value, ast.Attribute) and not is_state(node.value.value):
            raise ExpressionError(f"column {column(node)}: {ast.unparse(node.value)} is no map of the state")
        read = self.part(node, name, self.parts, keyed=True)
        return ast.Subscript(read, keys[0] if len(keys) == 1 else ast.Tuple(keys, ast.Load()), ast.Load())

    def part(self, node: ast.AST, name: str, known: list[str], keyed: bool = False) -> ast.expr:
        """Return the read of a part of the state; a map is read at a key, and a single record is not."""
        if name not in self.parts:
            raise ExpressionError(f"column {column(node)}: nothing is called {name!r}{near(name, known)}")
        if keyed != (name in self.maps):
            keys = ", ".join(t.__name__ for t in self.maps.get(name, ()))
            how = f"a map: read it as {name}[{keys}]" if name in self.maps else "no map: it has fields, and no key"
            raise ExpressionError(f"column {column(node)}: {name} is {how}")
        return ast.Attribute(ast.Name(STATE, ast.Load()), name, ast.Load())

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Let calls of the language and of types of words through."""
        if node.keywords:
            raise ExpressionError(f"column {column(node)}: arguments are given by position")
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            called: ast.expr = ast.Attribute(self.visit(node.func.value), node.func.attr, ast.Load())
        elif isinstance(node.func, ast.Name) and (node.func.id in FUNCTIONS or is_word(self.names.get(node.func.id))):
            called = node.func
        else:
            raise ExpressionError(
                f"column {column(node)}: {ast.unparse(node.func)} cannot be called here; types of words,"
                f" {', '.join(FUNCTIONS)}, and a word's {', '.join(METHODS)} can"
            )
        return ast.Call(called, [self.visit(a) for a in node.args], [])

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """Join truth values; each is looked at, whatever the others are."""
        return joined(JOINED[type(node.op)], [self.visit(v) for v in node.values])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """Let `not` and `~` through."""
        if isinstance(node.op, ast.Not):
            return joined("negate", [self.visit(node.operand)])
        if isinstance(node.op, ast.Invert):
            return ast.UnaryOp(node.op, self.visit(node.operand))
        return cast_expr(self.generic_visit(node))

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Let the arithmetic of words through."""
        if not isinstance(node.op, OPERATORS):
            return cast_expr(self.generic_visit(node))
        if not any(isinstance(n, (ast.Name, ast.Subscript)) for n in ast.walk(node)):
            raise ExpressionError(f"column {column(node)}: arithmetic on plain numbers; write the number")
        return ast.BinOp(self.visit(node.left), node.op, self.visit(node.right))

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """Let comparisons through; a chain becomes a conjunction."""
        if not all(isinstance(op, COMPARISONS) for op in node.ops):
            raise ExpressionError(f"column {column(node)}: `in` and `is` are not understood; compare with ==")
        sides = [node.left, *node.comparators]
        pairs = [ast.Compare(self.visit(a), [op], [self.visit(b)]) for a, op, b in zip(sides, node.ops, sides[1:], strict=False)]
        return pairs[0] if len(pairs) == 1 else joined("all_of", list[ast.expr](pairs))


def is_state(node: ast.expr) -> bool:
    """Say whether a node is the name of the whole state."""
    return isinstance(node, ast.Name) and node.id == STATE


def cast_expr(node: ast.AST) -> ast.expr:
    """Return a node as an expression."""
    assert isinstance(node, ast.expr)
    return node


def column(node: ast.AST) -> int:
    """Return where a node stands, from 1."""
    return int(getattr(node, "col_offset", 0)) + 1


def near(name: str, known: list[str]) -> str:
    """Return the names that come close."""
    close = difflib.get_close_matches(name, known, n=4, cutoff=0.6)
    return f"; close: {', '.join(close)}" if close else f"; known: {', '.join(known[:40])}" if len(known) < 60 else ""


def joined(name: str, parts: list[ast.expr]) -> ast.expr:
    """Return a call of a function of the language on truth values."""
    tested: list[ast.expr] = [ast.Call(ast.Name(CHECK, ast.Load()), [p], []) for p in parts]
    return ast.Call(ast.Name(name, ast.Load()), tested, [])


def checked(value: Any) -> Any:
    """Return a truth value; anything else is an `ExpressionError`."""
    if value is not True and value is not False and not isinstance(value, Truth):
        raise ExpressionError(f"a {type(value).__name__} is not a truth value; compare it")
    return value


def bind(tree: ast.expr, text: str, kind: type[State], outer: str = "all_of") -> Predicate:
    """Return the function of a state for an expression (with "negate" its negation, with "" any value); it is run once."""
    names = vocabulary(kind)
    try:
        read = Reader(kind, names).visit(tree)
        body = joined(outer, [read]) if outer else read
        head = ast.parse(f"lambda {STATE}: 0", mode="eval")
        assert isinstance(head.body, ast.Lambda)
        head.body.body = body
        scope = {**names, CHECK: checked, "__builtins__": {}}
        function: Predicate = eval(compile(ast.fix_missing_locations(head), "<expression>", "eval"), scope)  # noqa: S307 - only what Reader lets through
        function(kind())
    except RecursionError as error:
        raise ExpressionError(f"the expression {text!r} is nested too deeply") from error
    except Exception as error:
        what = str(error) if isinstance(error, (ExpressionError, TypeError)) else f"{type(error).__name__}: {error}"
        raise ExpressionError(f"the expression {text!r}: {what}") from error
    return function
