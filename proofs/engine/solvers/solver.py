"""Asking z3, and exporting the same question as SMT-LIB 2.

Limits are counted in z3's own resource units, so an answer does not depend on the machine.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import z3

from proofs.engine import digests, terms
from proofs.engine.limits import RLIMIT
from proofs.engine.solvers.encodings import Space, renew, shared
from proofs.engine.substitution import unknown, value_of
from proofs.engine.terms import Node, fact

__all__ = ["RLIMIT", "Question", "Session", "digest", "evaluate", "export", "feasible", "forget", "size"]


def size() -> int:
    """Return how many terms there are."""
    return len(Node.table)


def forget() -> None:
    """Begin afresh: drop all terms and everything that was derived from them; what z3 does is as in a new process."""
    terms.forget()
    digests.forget()
    renew()


def facts_of(roots: list[Node]) -> list[Node]:
    """Return the type facts about the terms that occur."""
    return list(dict.fromkeys(fact(n) for n in _grow({}, roots) if n.names))


@dataclass
class Question:
    """Is the conjunction of these terms satisfiable? `unsat` proves an obligation whose negated goal is among them."""

    parts: list[Node]

    def all_parts(self) -> list[Node]:
        """Return the parts with the type facts about their terms."""
        return [*self.parts, *facts_of(self.parts)]


def _number(value: Any) -> int:
    if z3.is_bool(value):
        return int(z3.is_true(value))
    return int(value.as_long())


class Session:
    """A conversation with z3 about a growing conjunction."""

    def __init__(self, flavour: str = "QF_UFBV", seed: int = 0, alone: bool = False) -> None:
        """Choose z3's way of solving: for the logic at hand, or its general core, of bits or of numbers; and its first guesses.

        What is asked alone is answered in the same way, for the same units, wherever and whenever it is asked.
        """
        self.space = Space() if alone else shared()
        self.reading = self.space.numbers if flavour == "numbers" else self.space.bits
        context = self.space.context
        self.solver = z3.SimpleSolver(ctx=context) if flavour in ("smt", "numbers") else z3.SolverFor(flavour, context)
        if seed:
            self.solver.set("random_seed", seed)
        self.alone = alone
        self.terms: dict[int, Node] = {}
        self.reason = ""
        self.cost = 0

    def add(self, parts: list[Node]) -> None:
        """Assert some terms, with the type facts about what occurs in them."""
        if self.alone:
            parts = sorted(parts, key=digests.of_term)
        for p in parts:
            self._assert(self.reading.of(p))
        self._facts(parts)

    def _assert(self, expression: Any) -> None:
        """Assert an expression past z3's Python layer, which looks at its sort again."""
        z3.Z3_solver_assert(self.solver.ctx.ref(), self.solver.solver, expression.ast)

    def _facts(self, parts: list[Node]) -> None:
        said = self.reading.facts
        found = [n for n in _grow(self.terms, parts) if n.number in said or n.names]
        for n in sorted(found, key=digests.of_term) if self.alone else found:
            for expression in said.get(n.number, ()):
                self._assert(expression)
            if n.names:
                self._assert(self.reading.of(fact(n)))

    def check(self, rlimit: int) -> str:
        """Return unsat, unknown or (not of numbers) sat; unknown past the limit, in z3's units for this answer."""
        if rlimit <= 0:
            self.cost, self.reason = 0, "z3 stopped: the limit is spent"
            return "unknown"
        self.solver.set("rlimit", rlimit)
        result = str(self.solver.check())
        stats = self.solver.statistics()
        named = (stats[n] for n in reversed(range(len(stats))))  # it stands at the end
        total = next((int(value) for name, value in named if name == "rlimit count"), 0)
        self.cost, self.space.spent = max(0, total - self.space.spent), total
        if result == "unknown":
            self.reason = f"z3 stopped: {self.solver.reason_unknown()}"
        if result == "sat" and self.reading is not self.space.bits:
            result, self.reason = "unknown", "what was not said of the bits may matter"
        return result

    def core(self, parts: list[Node], rlimit: int) -> list[Node] | None:
        """Return some of the parts that are unsatisfiable by themselves; None if that is not shown within the limit."""
        named = {f"core!{n}": part for n, part in enumerate(parts)}
        for name, part in named.items():
            self.solver.add(z3.Implies(z3.Bool(name, self.space.context), self.reading.of(part)))
        self._facts(parts)
        self.solver.set("rlimit", rlimit)
        if self.solver.check(*[z3.Bool(name, self.space.context) for name in named]) != z3.unsat:
            return None
        return [named[str(b)] for b in self.solver.unsat_core()]

    def values(self) -> list[tuple[Node, int]]:
        """Return the value of every variable and application that occurs, inner ones first."""
        found = self.solver.model()
        order = sorted((n for n in self.terms.values() if n.op in ("var", "app")), key=lambda n: n.number)
        return [(n, _number(found.eval(self.reading.of(n), model_completion=True))) for n in order]


def _grow(seen: dict[int, Node], roots: list[Node]) -> list[Node]:
    """Return the subterms that were not seen yet, and note them."""
    new: list[Node] = []
    stack = list(roots)
    while stack:
        n = stack.pop()
        if n.number not in seen:
            seen[n.number] = n
            new.append(n)
            stack.extend(n.args)
    return new


def evaluate(
    root: Node,
    memo: dict[int, int],
    variables: dict[str, int],
    tables: dict[tuple[str, tuple[int, ...]], int],
    defaults: dict[str, int] | None = None,
) -> int:
    """Return the value of a term under a model; what the model does not mention has its default, or is 0."""
    defaults = defaults or {}
    for n in unknown(root, memo):
        xs = [memo[a.number] for a in n.args]
        if n.op == "var":
            memo[n.number] = variables.get(n.data, defaults.get(n.data, 0))
        elif n.op == "app":
            memo[n.number] = tables.get((n.data, tuple(xs)), defaults.get(n.data, 0))
        else:
            memo[n.number] = value_of(n, xs)
    return memo[root.number]


def feasible(condition: Node) -> bool:
    """Return False only if z3 proves that a condition cannot hold."""
    session = Session()
    session.add([condition])
    return session.check(2_000_000) != "unsat"


def is_impossible(condition: Node) -> bool:
    """Say whether z3 proves that a condition cannot hold; what it does not know, asked twice, is not proved."""
    session = Session()
    session.add([condition])
    return "unsat" in (session.check(limit) for limit in (2_000_000, 20_000_000))


def _smt_sort(width: int) -> str:
    return "Bool" if width == 0 else f"(_ BitVec {width})"


_SMT = {
    "add": "bvadd",
    "sub": "bvsub",
    "mul": "bvmul",
    "and": "bvand",
    "or": "bvor",
    "xor": "bvxor",
    "not": "bvnot",
    "shl": "bvshl",
    "lshr": "bvlshr",
    "eq": "=",
    "ult": "bvult",
    "ule": "bvule",
    "slt": "bvslt",
    "sle": "bvsle",
    "ite": "ite",
    "concat": "concat",
}


def _smt(n: Node, names: dict[int, str]) -> str:
    if n.op == "const":
        return ("true" if n.data else "false") if n.width == 0 else f"(_ bv{n.data} {n.width})"
    if n.op == "var":
        return f"|{n.data}|"
    xs = " ".join(names[a.number] for a in n.args)
    if n.op == "app":
        return f"(|{n.data}| {xs})"
    if n.width == 0 and n.op in ("and", "or", "not"):
        return f"({n.op} {xs})"
    if n.op == "extract":
        return f"((_ extract {n.data + n.width - 1} {n.data}) {xs})"
    if n.op in ("zext", "sext"):
        kind = "zero_extend" if n.op == "zext" else "sign_extend"
        return f"((_ {kind} {n.width - n.args[0].width}) {xs})"
    return f"({_SMT[n.op]} {xs})"


def export(question: Question) -> str:
    """Return the question as SMT-LIB 2: each shared term is defined once."""
    parts = question.all_parts()
    order: list[Node] = []
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(p, False) for p in reversed(parts)]
    while stack:
        n, ready = stack.pop()
        if ready:
            order.append(n)
        elif n.number not in seen:
            seen.add(n.number)
            stack.append((n, True))
            stack.extend((a, False) for a in reversed(n.args))
    names: dict[int, str] = {}
    lines: list[str] = []
    declared: set[str] = set()
    for n in order:
        text = _smt(n, names)
        if n.op in ("var", "app") and n.data not in declared:
            declared.add(n.data)
            args = " ".join(_smt_sort(a.width) for a in n.args)
            lines.append(f"(declare-fun |{n.data}| ({args}) {_smt_sort(n.width)})")
        if n.args:
            names[n.number] = f"t{len(names)}"
            lines.append(f"(define-fun {names[n.number]} () {_smt_sort(n.width)} {text})")
        else:
            names[n.number] = text
    asserts = [f"(assert {names[p.number]})" for p in parts]
    return "\n".join(["(set-logic QF_UFBV)", *lines, *asserts, "(check-sat)", ""])


def digest(text: str) -> str:
    """Return the digest by which an exported question is known."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
