"""What is done with a whole term: going through it, filling in for some of its variables, and computing its value."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from operator import attrgetter

from proofs.engine.terms import Node, apply, extract, node
from pymodel.language.words import CONCRETE

__all__ = ["rebuilt", "substitute", "unknown", "value_of"]


def unknown(root: Node, memo: Container[int], operands: Callable[[Node], Iterable[Node]] = attrgetter("args")) -> Iterator[Node]:
    """Yield the terms in a term that a memo does not have, operands first; whoever asks puts in each before the next."""
    stack = [root]
    while stack:
        n = stack[-1]
        todo = [] if n.number in memo else [a for a in operands(n) if a.number not in memo]
        if todo:
            stack.extend(todo)
            continue
        stack.pop()
        if n.number not in memo:
            yield n


def substitute(root: Node, filling: dict[int, Node]) -> Node:
    """Return a term with some variables replaced, simplified again on the way."""
    memo: dict[int, Node] = dict(filling)
    for n in unknown(root, memo):
        memo[n.number] = rebuilt(n, tuple(memo[a.number] for a in n.args))
    return memo[root.number]


def rebuilt(n: Node, args: tuple[Node, ...]) -> Node:
    """Return a term over other operands, simplified."""
    if args == n.args:
        return n
    if n.op == "app":
        return apply(n.data, n.width, args, n.names)
    if n.op == "extract":
        return extract(args[0], n.data + n.width - 1, n.data)
    return node(Node.build(n.op, n.width, *args), n.width)


def value_of(n: Node, xs: list[int]) -> int:
    """Return the number of an operator's term (or a constant), given the numbers of its operands."""
    if n.op == "const":
        return int(n.data)
    if n.op == "ite":
        return xs[1] if xs[0] else xs[2]
    if n.op == "extract":
        return int(xs[0] >> n.data & ((1 << n.width) - 1))
    if n.op == "zext":
        return xs[0]
    if n.op == "sext":
        w = n.args[0].width
        return (xs[0] - (1 << w) if xs[0] >> (w - 1) else xs[0]) & ((1 << n.width) - 1)
    if n.op == "concat":
        out = 0
        for a, x in zip(n.args, xs, strict=True):
            out = out << a.width | x
        return out
    if n.width == 0 and n.op in ("and", "or", "not"):
        return int(all(xs) if n.op == "and" else any(xs) if n.op == "or" else not xs[0])
    return int(CONCRETE[n.op](n.args[0].width, *xs))
