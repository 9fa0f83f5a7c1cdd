"""On what the answer of an operation depends: two states that look alike to whoever asks lead to the same answer.

A statement says which cells of the state are seen: a field of a record at a key. Two states look alike if the same cells are seen
in both, and hold the same. The questions on a path (forks and guards) are taken in order. Each must have the same answer in every
state that looks alike and in which the questions before it had the same answers: because each cell that it reads is seen, given
what is known by then, or because the answer does not depend on those that are not. For the latter a second state is made, in which
what is not seen is arbitrary; the invariants hold of both.

Guards in a row that refuse because the caller may not ask are one question: which of them fails is not told. What the step writes
where it is told is asked too.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from proofs.engine.digests import of_term
from proofs.engine.hints import recorded
from proofs.engine.instances import Instance, Instances, formula
from proofs.engine.maps import SymbolicMap, argument, field_node, word_node, wrap
from proofs.engine.paths import Asked, Path
from proofs.engine.query import FIRST, REST, ROUGH, Effort, Model, Query, concrete_of, raw
from proofs.engine.substitution import rebuilt, substitute, unknown
from proofs.engine.terms import FALSE, TRUE, Node, apply, conj, disj, equal, ite, neg, variable
from proofs.statements import Statement
from proofs.verdicts import Obligation, ObligationVerdict
from pymodel.language.json_form import write_json
from pymodel.language.outcomes import Reason, Refused
from pymodel.language.state import MapShape, State
from pymodel.language.steps import Transition

if TYPE_CHECKING:
    from proofs.engine.induction import Exploration, Induction

__all__ = ["Dependence", "asked_on"]

#: How the functions of the second state are named.
OTHER = "other!"
#: Hints of one question: that it has one answer, and then of each cell that it is seen; and as many of what was asked before.
WAYS = 12
#: What a question gets that is not decided at first: its counterexamples are large.
HARDER = Effort((1 / 8,))
#: What is known where a question is asked.
Known = frozenset[int]


def merged(asked: list[Asked]) -> Iterator[Asked]:
    """Yield the questions of a path; guards in a row that refuse for one reason are one."""
    last: Asked | None = None
    for one in asked:
        if last is not None and one.reason is not None and repr(one.reason) == repr(last.reason) == repr(Reason.NOT_ALLOWED):
            last = last._replace(fact=conj([last.fact, one.fact]))
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


def noted(path: Path, told: list[str]) -> Iterator[Asked]:
    """Yield what a path writes into parts of the state that are told: keys, changed fields, where many records are reset."""
    for name in told if path.outcome == "ok" else ():
        here = getattr(path.value, name)
        while isinstance(here, SymbolicMap) and here.parent is not None:
            kind, keys, *rest = here.update
            terms = [rest[1]]
            if kind == "set":
                changed = [(n, t) for n, t in rest[0].fields().items() if n not in rest[1]]
                terms = [*keys, *(field_node(t, rest[0].__dict__[n]) for n, t in changed)] if changed else []
            yield from (Asked(path.condition, term) for term in terms)
            here = here.parent
        if not isinstance(here, SymbolicMap):
            nodes = ((n, field_node(t, here.__dict__[n])) for n, t in here.fields().items())
            yield from (Asked(path.condition, node) for n, node in nodes if not (node.op == "var" and node.data == f"{name}.{n}"))


def asked_on(paths: list[Path], told: list[str]) -> list[tuple[Asked, Path]]:
    """Return each question once, with a path on which it is asked."""
    found: dict[tuple[int, int, str], tuple[Asked, Path]] = {}
    for path in paths:
        for one in (*merged(path.asked), *noted(path, told)):
            found.setdefault((one.known.number, one.fact.number, repr(one.reason)), (one, path))
    return list(found.values())


def conjuncts_of(known: Node) -> Known:
    """Return the numbers of what a condition joins."""
    return frozenset(n.number for n in (known.args if known.op == "and" and known.width == 0 else (known,)))


def same(a: Node, b: Node) -> Node:
    """Return that two terms are equal."""
    return equal(a, b) if a.width else ite(a, b, neg(b))


class Second:
    """Terms about the second state, in which some cells, with whatever their keys are made of, are as in the first."""

    def __init__(self, single: frozenset[str], is_shared: Callable[[str], bool], alike: Known) -> None:
        """Take the fields of single records, which fields everybody sees, and the cells that are alike."""
        self.single, self.is_shared, self.alike = single, is_shared, alike
        self.memo: dict[int, Node] = {}

    def __call__(self, root: Node) -> Node:
        """Return a term about the first state as one about the second."""
        for n in unknown(root, self.memo):
            self.memo[n.number] = self.renamed(n, tuple(self.memo[a.number] for a in n.args))
        return self.memo[root.number]

    def renamed(self, n: Node, args: tuple[Node, ...]) -> Node:
        """Return one node over operands that are about the second state already."""
        return n if n.number in self.alike else self.over(n, args)

    def at(self, cell: Node) -> Node:
        """Return the cell of the second state at the key that one of the first has in the first."""
        return self.over(cell, cell.args)

    def over(self, n: Node, args: tuple[Node, ...]) -> Node:
        """Return a cell of the second state, or another term, over operands."""
        if n.op == "app" and not self.is_shared(n.data):
            return apply(f"{OTHER}{n.data}", n.width, args, n.names)
        if n.op == "var" and n.data in self.single and not self.is_shared(n.data):
            return variable(f"{OTHER}{n.data}", n.width, n.names)
        return rebuilt(n, args)


class InBoth(Instances):
    """Instances of the invariants in both states."""

    second: Second
    first: Instances

    @classmethod
    def of(cls, instances: Instances, second: Second) -> InBoth:
        """Return instances that are made of others, and of their likes in a second state."""
        out = copy.copy(instances)
        out.__class__ = cls
        assert isinstance(out, InBoth)
        out.made, out.second, out.first = {}, second, instances
        return out

    def at(self, st: Statement, keys: tuple[Node, ...]) -> Instance:
        """Return the instance of a statement at some keys of the first state, and at what those are in the second."""
        ident = (st.name, *[k.number for k in keys])
        if ident not in self.made:
            one = self.first.at(st, keys)
            self.made[ident] = Instance(st, keys, conj([one.formula, self.second(one.formula)]), one.reads)
        return self.made[ident]


class Dependence:
    """One step against the statement that says what is seen."""

    def __init__(self, induction: Induction, run: Exploration, st: Statement) -> None:
        """Take the step as it was run."""
        self.induction, self.run, self.st = induction, run, st
        self.out = Obligation(run.transition.name, st.name, ObligationVerdict.FRAMED)
        self.used: set[str] = set()
        shapes = induction.kind.shapes()
        self.single = frozenset(f"{n}.{f}" for n, s in shapes.items() if not isinstance(s, MapShape) for f in s.fields())
        self.shared: dict[str, bool] = {}
        self.sights: dict[tuple[int, str], tuple[Node, list[Any]]] = {}
        self.shown: dict[int, list[Known]] = {}
        """What is known to be seen, by the number of the fact that it is, and under what that was proved."""
        self.reasons = list({repr(one.reason): one.reason for path in run.paths for one in path.asked}.values())

    def is_shared(self, name: str) -> bool:
        """Say whether a field is seen whatever the key is, and whatever a guard refuses for."""
        if name not in self.shared:
            part, _, field = name.rpartition(".")
            given = [(*self.given(reason), part, field, self.any_key(part)) for reason in (None, *self.reasons)]
            seen = (formula(self.st.function, *one)[0] for one in given)
            self.shared[name] = all(one is TRUE for one in seen)
        return self.shared[name]

    def given(self, reason: Any) -> tuple[Any, ...]:
        """Return what a statement about cells is told of the step, and of the guard that reads one."""
        return self.induction.before, self.run.transition.name, self.run.arguments, reason

    def cells(self, *roots: Node) -> list[Node]:
        """Return the cells of the state in some terms that not everybody sees."""
        seen, todo, out = set[int](), list(roots), list[Node]()
        while todo:
            n = todo.pop()
            if n.number not in seen:
                seen.add(n.number)
                todo.extend(n.args)
                if (n.op == "app" or (n.op == "var" and n.data in self.single)) and not self.is_shared(n.data):
                    out.append(n)
        return sorted(out, key=lambda n: n.number)

    def sight(self, cell: Node, reason: Any) -> tuple[Node, list[Any]]:
        """Return that a cell is seen, and what that reads."""
        ident = cell.number, repr(reason)
        if ident not in self.sights:
            part, _, name = str(cell.data).rpartition(".")
            shape = self.induction.kind.shapes()[part]
            key = tuple(map(wrap, shape.keys, cell.args)) if isinstance(shape, MapShape) else ()
            self.sights[ident] = formula(self.st.function, *self.given(reason), part, name, key)
        return self.sights[ident]

    def sight_there(self, cell: Node, reason: Any, second: Second) -> Node:
        """Return that a cell is seen in the second state, at the key that it has in the first."""
        part, _, name = str(cell.data).rpartition(".")
        keys = self.any_key(part)
        anywhere, _ = formula(self.st.function, *self.given(reason), part, name, keys)
        return substitute(second(anywhere), {word_node(k).number: a for k, a in zip(keys, cell.args, strict=True)})

    def any_key(self, part: str) -> tuple[Any, ...]:
        """Return an arbitrary key of a part of the state; a single record has none."""
        shape = self.induction.kind.shapes()[part]
        return tuple(argument(t, f"any!{i}") for i, t in enumerate(shape.keys)) if isinstance(shape, MapShape) else ()

    def alike(self, one: Asked, about: list[Node]) -> dict[int, Node]:
        """Return the cells that are one cell in both states: they are shown to be seen, and so is what their keys are made of."""
        out, here = dict[int, Node](), conjuncts_of(one.known)
        for cell in self.cells(*about):
            if self.is_shown(self.sight(cell, one.reason)[0], here) and all(c.number in out for c in self.cells(*cell.args)):
                out[cell.number] = cell
        return out

    def is_shown(self, sight: Node, here: Known) -> bool:
        """Say whether it was proved already that a cell is seen, where no more was known."""
        return sight is TRUE or any(known <= here for known in self.shown.get(sight.number, ()))

    def ask(self, number: int, instances: Instances, parts: list[Node], reads: list[Any], effort: Effort) -> str:
        """Ask whether some terms contradict each other; the number is that of the hint."""
        if conj(parts) is FALSE:
            return "unsat"
        self.out.verdict = ObligationVerdict.PROVED
        self.query = Query(instances, parts, reads)
        self.query.given_up = self.induction.given_up
        answer = self.induction.decide(self.out, self.query, effort, number)
        if answer == "unsat":
            self.used |= {i.statement.name for i in self.query.used}
        return answer if effort.refutes or answer != "sat" else "unknown"

    def has_hint(self, number: int) -> bool:
        """Say whether it is known what sufficed for an answer."""
        return recorded().at(self.out.step, self.out.statement, number) is not None

    def show(self, number: int, one: Asked, reads: list[Any], cells: list[Node], effort: Effort, known: bool = False) -> list[Node]:
        """Prove that cells are seen where a question is asked: all at once, or each; return those of which it is not proved.

        Of what is `known` only that is asked for which there is a hint.
        """
        here = conjuncts_of(one.known)
        left = [c for c in cells if not self.is_shown(self.sight(c, one.reason)[0], here)]
        groups = [left, *([c] for c in left)] if len(left) > 1 else [left] if left else []
        for at, group in enumerate(groups):
            place = number + min(at, WAYS - 2)  # those far back in a long list share a hint, which serves one of them
            sights = [self.sight(c, one.reason) for c in group]
            if all(self.is_shown(sight, here) for sight, _ in sights) or (known and not self.has_hint(place)):
                continue
            more = [r for _, read in sights for r in read]
            goal = conj([sight for sight, _ in sights])
            if self.ask(place, self.induction.instances, [one.known, neg(goal)], [*reads, *more], effort) == "unsat":
                for sight, _ in sights:
                    self.shown.setdefault(sight.number, []).append(here)
        return [c for c in left if not self.is_shown(self.sight(c, one.reason)[0], here)]

    def compare(self, number: int, one: Asked, reads: list[Any], effort: Effort) -> str:
        """Ask whether a question can have another answer in a state that looks alike."""
        about = [one.known, one.fact]
        alike = self.alike(one, about)
        second = Second(self.single, self.is_shared, frozenset(alike))
        axioms, more, todo, done = [same(c, second.at(c)) for c in alike.values()], list[Any](), about, set(alike)
        while todo:
            for cell in self.cells(todo.pop()):
                if cell.number not in done:
                    done.add(cell.number)
                    sight, read = self.sight(cell, one.reason)
                    there = self.sight_there(cell, one.reason, second)
                    axioms += [same(sight, there), disj([neg(sight), same(cell, second.at(cell))])]
                    more += read
                    todo.append(sight)
        parts = [one.known, second(one.known), *axioms, neg(same(one.fact, second(one.fact)))]
        return self.ask(number, InBoth.of(self.induction.instances, second), parts, [*reads, *more], effort)

    def answer(self, number: int, one: Asked, path: Path, effort: Effort) -> str:
        """Say whether a question has one answer in all states that look alike; its hints begin at a number."""
        reads, cells = list(path.reads), self.cells(one.fact)
        compared, before = number, self.cells(one.known)
        if self.has_hint(compared):
            left = self.show(number + 1, one, reads, cells, ROUGH, known=True)
            self.show(number + WAYS, one, reads, before, ROUGH, known=True)
            if not left or self.compare(compared, one, reads, FIRST) == "unsat":
                return "unsat"
        if not self.show(number + 1, one, reads, cells, ROUGH):
            return "unsat"
        self.show(number + WAYS, one, reads, before, ROUGH)
        found = self.compare(compared, one, reads, ROUGH if effort is ROUGH else FIRST)
        if found != "unknown" or effort is not REST:
            return found
        return "unsat" if not self.show(number + 1, one, reads, cells, FIRST) else self.compare(compared, one, reads, HARDER)

    def parts(self) -> Iterator[bytes | str]:
        """Yield the digests of what is asked: each question, and what is seen of the cells in it."""
        for one, _ in self.questions():
            yield from (of_term(one.known), of_term(one.fact), repr(one.reason))
            todo, done = [one.fact, one.known], set[int]()
            while todo:
                for cell in self.cells(todo.pop()):
                    if cell.number not in done:
                        done.add(cell.number)
                        sight, _ = self.sight(cell, one.reason)
                        todo.append(sight)
                        yield from (of_term(cell), of_term(sight))

    @property
    def told(self) -> list[str]:
        """Return the parts of the state of which it is told what the step writes there."""
        return [n for n in self.induction.kind.shapes() if self.st.told(self.run.transition.name, n)]

    def questions(self) -> list[tuple[Asked, Path]]:
        """Return what the step asks, if it is an operation: others answer nobody."""
        return asked_on(self.run.paths, self.told) if self.run.transition.actor == "hypervisor" else []

    def obligation(self, effort: Effort) -> Obligation:
        """Decide all questions of the step; the first that is not proved ends it."""
        began, tr = time.monotonic(), self.run.transition
        for number, (one, path) in enumerate(self.questions()):
            found = self.answer(2 * WAYS * number, one, path, effort)
            if found == "unsat":
                continue
            self.out.verdict, self.out.where = ObligationVerdict.UNKNOWN, f"{tr.file}:{tr.line} {tr.name}: {self.query.reason}"
            if found == "sat" and self.query.model is not None:
                self.show_both(self.query.model)
            break
        self.out.relies_on = tuple(sorted(self.used | {self.st.name}))
        self.out.seconds = time.monotonic() - began
        return self.out

    def show_both(self, model: Model) -> None:
        """Make the two states of a model concrete, and take the step in both: the answers tell them apart, or nothing is known."""
        kind, tr, before = self.induction.kind, self.run.transition, self.induction.before
        given = {n: concrete_of(t, self.run.arguments[n], model) for n, t in tr.params.items()}
        states = [model.state(kind, before), model.renamed(OTHER).state(kind, before)]
        found = [answered(tr, s, given, self.told) for s in states]
        self.out.cti = {
            "state": write_json(states[0]),
            "other": write_json(states[1]),
            "arguments": {n: raw(v) for n, v in given.items()},
        }
        what = f"it answers {found[0][0]}, and {found[1][0]}" if found[0][0] != found[1][0] else "it notes another thing"
        differs = found[0] != found[1]
        self.out.verdict = ObligationVerdict.CTI if differs else ObligationVerdict.UNKNOWN
        why = f"{what} where the caller sees no difference" if differs else "what it asks may depend on what is not seen"
        self.out.where = f"{tr.file}:{tr.line} {tr.name}: {why}"


def answered(tr: Transition, s: State, given: dict[str, Any], told: list[str]) -> tuple[str, list[Any]]:
    """Return what a step answers in a state, and what it notes."""
    try:
        after = tr(s, **given)
    except Refused as refused:
        return str(refused.reason), []
    return "yes", [getattr(after, n) for n in told]
