"""Terms: the expressions behind symbolic words, shared (equal terms are one object) and simplified as they are built.

A term is a constant, a variable, an uninterpreted function applied to terms (a map before any update), or an operator.
Width 0 is a truth value. Constant operands are terms too; `build` accepts Python ints and gives them the width they need.
A variable or an applied function may be one of a closed list of names: how many there are belongs to the term.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

from pymodel.language.truth import Leak, Term
from pymodel.language.words import CONCRETE

if TYPE_CHECKING:
    from proofs.engine.paths import Run
    from pymodel.language.outcomes import Reason

__all__ = [
    "FALSE",
    "TRUE",
    "Node",
    "apply",
    "conj",
    "conjuncts",
    "const",
    "disj",
    "fact",
    "forget",
    "ite",
    "neg",
    "variable",
]

#: Choices within choices up to which a comparison with a constant is pushed inwards (its cost is the square of this).
CHAIN = 12


class Node(Term):
    """One shared expression; compare with `is`."""

    __slots__ = ("args", "data", "names", "number", "op", "width")
    table: dict[tuple[Any, ...], Node] = {}  # noqa: RUF012 - the one table that makes equal terms one object
    current: Run | None = None

    def __init__(self, op: str, width: int, args: tuple[Node, ...], data: Any, number: int, names: int = 0) -> None:  # noqa: PLR0913, PLR0917 - all that a term is
        """Use `make`, never this."""
        self.op, self.width, self.args, self.data, self.number, self.names = op, width, args, data, number, names

    @staticmethod
    def make(op: str, width: int, args: tuple[Node, ...] = (), data: Any = None, names: int = 0) -> Node:
        """Return the one node with this operator, width, operands and data; it is below `names`, if that is not 0."""
        key = (op, width, (data, names) if names else data, *[a.number for a in args])
        node = Node.table.get(key)
        if node is None:
            node = Node.table[key] = Node(op, width, args, data, len(Node.table), names)
        return node

    @classmethod
    def build(cls, op: str, width: int, *args: Any) -> Term | int:
        """Build and simplify; a constant result comes back as a number."""
        node = _BUILDERS[op](width, *args) if op in _BUILDERS else _binary(op, width, *args)
        return cast("int", node.data) if node.op == "const" else node

    def decide(self) -> bool:
        """Ask the run under way."""
        if Node.current is None:
            raise Leak("a symbolic truth value was tested outside a run")
        return Node.current.branch(self)

    def require(self, reason: Reason) -> None:
        """Tell the run under way that the step is refused where this is false, and goes on where it is true."""
        if Node.current is None:
            raise Leak("a guard was met outside a run")
        Node.current.require(self, reason)

    def is_below(self, count: int) -> bool:
        """Say whether all that this may come to is below a count: constants, unknowns of a type with so many names."""
        seen: set[int] = set()
        todo = [self]
        while todo:
            n = todo.pop()
            if n.number in seen:
                continue
            seen.add(n.number)
            if n.op == "ite":
                todo += n.args[1:]
            elif not (n.data < count if n.op == "const" else 0 < n.names <= count):
                return False
        return True

    def leak(self, how: str) -> NoReturn:
        """Poison the run under way and raise."""
        signal = Leak(how)
        if Node.current is not None:
            Node.current.poison(signal)
        raise signal

    def __repr__(self) -> str:
        """Show the expression, for debugging the engine."""
        if self.op in ("const", "var"):
            return str(self.data)
        name = f"{self.op}:{self.data}" if self.data is not None else self.op
        return f"{name}({', '.join(map(repr, self.args))})"


def const(value: int, width: int) -> Node:
    """Return a constant of that width (0: a truth value)."""
    return Node.make("const", width, (), value)


TRUE = const(1, 0)
FALSE = const(0, 0)  # these two have the numbers 0 and 1, also after `forget`


def forget() -> None:
    """Drop every term but the two truth values; terms from before must not be used again (nor what was made of them)."""
    Node.table.clear()
    for n in (TRUE, FALSE):
        Node.table[n.op, n.width, n.data] = n


def variable(name: str, width: int, names: int = 0) -> Node:
    """Return the free constant of that name; it is one of so many names, if there are any."""
    return Node.make("var", width, (), name, names)


def apply(name: str, width: int, args: tuple[Node, ...], names: int = 0) -> Node:
    """Apply an uninterpreted function; its value is one of so many names, if there are any."""
    return Node.make("app", width, args, name, names)


def fact(n: Node) -> Node:
    """Return what the type of a term says of it: that it is one of its names."""
    return node(Node.build("ule", 0, n, const(n.names - 1, n.width)), 0) if n.names else TRUE


def node(value: Any, width: int) -> Node:
    """Return a node for a number or a term."""
    return const(int(value), width) if isinstance(value, (int, bool)) else value


def _operands(args: tuple[Any, ...]) -> list[Node]:
    width = next(a.width for a in args if a.__class__ is Node)
    return [a if a.__class__ is Node else const(a, width) for a in args]


def neg(a: Node) -> Node:
    """Logical not."""
    if a.op == "const":
        return FALSE if a.data else TRUE
    if a.op == "not":
        return a.args[0]
    return Node.make("not", 0, (a,))


def _junction(op: str, unit: Node, zero: Node, parts: list[Node]) -> Node:
    seen: dict[int, Node] = {}
    stack = list(reversed(parts))
    while stack:
        p = stack.pop()
        if p is unit or p.number in seen:
            continue
        if p is zero:
            return zero
        if p.op == op and p.width == 0:
            stack.extend(reversed(p.args))
            continue
        if neg_number(p) in seen:
            return zero
        seen[p.number] = p
    if not seen:
        return unit
    if len(seen) == 1:
        return next(iter(seen.values()))
    return Node.make(op, 0, tuple(seen[k] for k in sorted(seen)))


def neg_number(p: Node) -> int:
    """Return the number of the complement of `p` if it exists already, else -1."""
    if p.op == "not":
        return p.args[0].number
    found = Node.table.get(("not", 0, None, p.number))
    return -1 if found is None else found.number


def conj(parts: list[Node]) -> Node:
    """Logical and."""
    return _junction("and", TRUE, FALSE, parts)


def conjuncts(n: Node) -> tuple[Node, ...]:
    """Return the parts of a conjunction; anything else is the one part of itself."""
    return n.args if n.op == "and" and n.width == 0 else (n,)


def disj(parts: list[Node]) -> Node:
    """Logical or."""
    return _junction("or", FALSE, TRUE, parts)


def equal(a: Node, b: Node) -> Node:
    """Return equality, pushed through constants, concatenations and choices between constants."""
    if a is b:
        return TRUE
    if a.op == "const" and b.op == "const":
        return TRUE if a.data == b.data else FALSE
    if b.op == "const":
        a, b = b, a
    if a.width == 0:
        if a.op == "const":
            return b if a.data else neg(b)
    elif a.op == "const":
        if b.op == "ite":
            return ite(b.args[0], equal(a, b.args[1]), equal(a, b.args[2])) if _shallow(b) else _eq(a, b)
        if b.op == "concat":
            return _split_equal(a, b)
        if b.op == "zext":
            inner = b.args[0]
            return equal(const(a.data, inner.width), b.args[0]) if a.data >> inner.width == 0 else FALSE
    elif a.op == "concat" and b.op == "concat" and [x.width for x in a.args] == [x.width for x in b.args]:
        return conj([equal(x, y) for x, y in zip(a.args, b.args, strict=True)])
    elif a.op == "zext" and b.op == "zext" and a.args[0].width == b.args[0].width:
        return equal(a.args[0], b.args[0])
    return _eq(a, b)


def _eq(a: Node, b: Node) -> Node:
    return Node.make("eq", 0, (a, b) if a.number < b.number else (b, a))


def _shallow(b: Node) -> bool:
    """Say whether a choice has a constant on one side, so that comparing with a constant shrinks it, and is no long chain."""
    for _ in range(CHAIN):
        if b.op != "ite":
            return True
        if b.args[1].op != "const" and b.args[2].op != "const":
            return False
        b = b.args[2] if b.args[1].op == "const" else b.args[1]
    return False


def _split_equal(a: Node, b: Node) -> Node:
    parts, rest, width = [], a.data, b.width
    for piece in b.args:
        width -= piece.width
        parts.append(equal(const(rest >> width & ((1 << piece.width) - 1), piece.width), piece))
    return conj(parts)


def ite(c: Node, a: Node, b: Node) -> Node:
    """Choose between two nodes of one width."""
    if c.op == "const":
        return a if c.data else b
    if a is b:
        return a
    if c.op == "not":
        c, a, b = c.args[0], b, a
    if a.width == 0:
        if a.op == "const":
            return disj([c, b]) if a.data else conj([neg(c), b])
        if b.op == "const":
            return disj([neg(c), a]) if b.data else conj([c, a])
    if b.op == "ite" and b.args[0] is c:
        b = b.args[2]
    if a.op == "ite" and a.args[0] is c:
        a = a.args[1]
    if a is b:
        return a
    return Node.make("ite", a.width, (c, a, b))


def _binary(op: str, width: int, *args: Any) -> Node:
    a, b = _operands(args)
    if a.op == "const" and b.op == "const":
        return const(CONCRETE[op](a.width, a.data, b.data), width)
    if op in _UNITS:
        short = _UNITS[op](a, b)
        if short is not None:
            return short
    if op in ("add", "and", "or", "xor", "mul") and a.number > b.number:
        a, b = b, a
    return Node.make(op, width, (a, b))


def _zero(n: Node) -> bool:
    return n.op == "const" and n.data == 0


def _ones(n: Node) -> bool:
    return n.op == "const" and n.data == (1 << n.width) - 1


def _unit_add(a: Node, b: Node) -> Node | None:
    if _zero(a) or _zero(b):
        return b if _zero(a) else a
    if b.op == "const" and a.op == "add" and any(x.op == "const" for x in a.args):
        base, step = sorted(a.args, key=lambda x: x.op == "const")
        return _binary("add", a.width, base, const((step.data + b.data) & ((1 << a.width) - 1), a.width))
    return None


def _unit_sub(a: Node, b: Node) -> Node | None:
    if a is b:
        return const(0, a.width)
    if b.op == "const":
        return _binary("add", a.width, a, const(-b.data & ((1 << a.width) - 1), a.width))
    return None


def _unit_and(a: Node, b: Node) -> Node | None:
    if a is b or _ones(b) or _zero(a):
        return a
    return b if _ones(a) or _zero(b) else None


def _unit_or(a: Node, b: Node) -> Node | None:
    if a is b or _zero(b) or _ones(a):
        return a
    return b if _zero(a) or _ones(b) else None


def _unit_xor(a: Node, b: Node) -> Node | None:
    if a is b:
        return const(0, a.width)
    if _zero(a) or _zero(b):
        return b if _zero(a) else a
    return None


def _unit_shift(a: Node, b: Node) -> Node | None:
    return a if _zero(a) or _zero(b) else None


def _unit_ult(a: Node, b: Node) -> Node | None:
    return FALSE if a is b or _zero(b) or _ones(a) else None


def _unit_ule(a: Node, b: Node) -> Node | None:
    return TRUE if a is b or _zero(a) or _ones(b) else None


_UNITS = {
    "add": _unit_add,
    "sub": _unit_sub,
    "and": _unit_and,
    "or": _unit_or,
    "xor": _unit_xor,
    "shl": _unit_shift,
    "lshr": _unit_shift,
    "ult": _unit_ult,
    "ule": _unit_ule,
}


def _build_not(width: int, a: Any) -> Node:
    if width == 0:
        return neg(a)
    return a.args[0] if a.op == "not" else Node.make("not", width, (a,))


def _build_extract(width: int, a: Node, high: int, low: int) -> Node:
    return extract(a, high, low) if width else a


def extract(a: Node, high: int, low: int) -> Node:
    """Cut bits high..low out of a term."""
    width = high - low + 1
    if width == a.width:
        return a
    if a.op == "const":
        return const(a.data >> low & ((1 << width) - 1), width)
    if a.op == "extract":
        return extract(a.args[0], high + a.data, low + a.data)
    if a.op == "zext":
        inner = a.args[0]
        if high < inner.width:
            return extract(inner, high, low)
        if low >= inner.width:
            return const(0, width)
    if a.op == "concat":
        end = a.width
        for piece in a.args:
            end -= piece.width
            if low >= end and high < end + piece.width:
                return extract(piece, high - end, low - end)
    return Node.make("extract", width, (a,), low)


def _build_zext(width: int, a: Node) -> Node:
    if a.width == width:
        return a
    return const(a.data, width) if a.op == "const" else Node.make("zext", width, (a,))


def _build_sext(width: int, a: Node) -> Node:
    return a if a.width == width else Node.make("sext", width, (a,))


def _build_concat(width: int, *parts: Any) -> Node:
    return Node.make("concat", width, tuple(const(*p) if p.__class__ is tuple else p for p in parts))


_BUILDERS: dict[str, Any] = {
    "and": lambda w, *xs: conj([node(x, 0) for x in xs]) if w == 0 else _binary("and", w, *xs),
    "or": lambda w, *xs: disj([node(x, 0) for x in xs]) if w == 0 else _binary("or", w, *xs),
    "not": _build_not,
    "eq": lambda _, *xs: equal(*_operands(xs)),
    "ite": lambda w, c, a, b: ite(c, node(a, w), node(b, w)),
    "extract": _build_extract,
    "zext": _build_zext,
    "sext": _build_sext,
    "concat": _build_concat,
}
