"""Induction: one step against one statement, decided for all states and arguments at full width.

The negated goal is asked with the assumptions that matter and no others: after each `sat`, every candidate instance that
the model breaks is added and the question asked again. When no candidate within the stated depth is broken the model is a
counterexample to induction; it is made concrete, checked against every statement, and run through the same code.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymodel.words
from proofs.checkers.results import Obligation
from proofs.symbolic import solver
from proofs.symbolic.instances import Instance, Instances, formula
from proofs.symbolic.maps import argument, symbolic_state, truth_node, word_node
from proofs.symbolic.runs import Path as Run
from proofs.symbolic.runs import explore
from proofs.symbolic.terms import TRUE, Node, ite, neg
from proofs.theorems import CATALOGUE, Statement, boot
from pymodel.outcomes import Refused
from pymodel.state import Map, MapShape, State, write_json
from pymodel.transitions import Transition

__all__ = ["Induction", "Limits"]

#: Rounds of instances: what the path and goal read, what those instances read, and so on.
DEPTH = 5
#: Instances added after one model.
BATCH = 24


@dataclass(frozen=True)
class Limits:
    """Resource limits of one obligation, in the solver's units."""

    rlimit: int = solver.RLIMIT
    solver: str = "z3"
    smt2: Path | None = None


class Induction:
    """The obligations of one policy: every step against every statement."""

    def __init__(
        self,
        policy: Any,
        statements: list[Statement],
        assumed: list[Statement],
        limits: Limits,
        step_statements: list[Statement] | None = None,
    ) -> None:
        """Prepare one arbitrary state and the statements that hold in it."""
        self.step_statements = step_statements or []
        self.policy, self.limits = policy, limits
        self.kind: type[State] = policy.State
        self.statements = statements
        self.before = symbolic_state(self.kind)
        self.instances = Instances([*assumed, *statements], self.kind, self.before)
        self.keys = {
            st.name: tuple(argument(t, f"key!{st.name}.{n}") for n, t in st.params.items())
            for st in [*statements, *self.step_statements]
        }

    def pre(self, st: Statement) -> Instance:
        """Return a statement before the step, at the goal's keys."""
        return self.instances.at(st, tuple(word_node(k) for k in self.keys[st.name]))

    def step(self, transition: Transition, only: set[str] | None = None) -> list[Obligation]:
        """Return the obligations of one step, decided."""
        try:
            arguments, paths = self.paths(transition)
        except pymodel.words.Signal as signal:
            why = f"{transition.file}:{transition.line} {transition.name}: {signal}"
            return [Obligation(transition.name, st.name, "unknown", where=why) for st in self.goals(only)]
        errors = [p for p in paths if p.outcome == "error"]
        if errors:
            why = f"{transition.file}:{transition.line} {transition.name} raises {errors[0].value!r}"
            return [Obligation(transition.name, st.name, "unknown", where=why) for st in self.goals(only)]
        done = [p for p in paths if p.outcome == "ok"]
        return [self.obligation(transition, arguments, done, st) for st in self.goals(only)]

    def goals(self, only: set[str] | None) -> list[Statement]:
        """Return the statements asked for."""
        return [st for st in [*self.statements, *self.step_statements] if only is None or st.name in only]

    def paths(self, transition: Transition) -> tuple[dict[str, Any], list[Run]]:
        """Run a step on the arbitrary state with arbitrary arguments."""
        arguments = {n: argument(t, f"arg!{n}") for n, t in transition.params.items()}
        found = list(explore(lambda: transition(self.before, **arguments), feasible=solver.feasible))
        return arguments, found

    def obligation(self, tr: Transition, arguments: dict[str, Any], paths: list[Run], st: Statement) -> Obligation:
        """Decide one pair."""
        began = time.monotonic()
        out = Obligation(tr.name, st.name, "framed")
        used: set[str] = set()
        for path in paths:
            try:
                goal, reads, before, pre_reads = self.goal(tr, arguments, path, st)
            except pymodel.words.Signal as signal:
                out.verdict, out.where = "unknown", f"{st.file}:{st.line} {st.name}: {signal}"
                break
            if goal is before or ite(before, goal, TRUE) is TRUE:
                continue
            out.verdict = "proved" if out.verdict == "framed" else out.verdict
            query = Query(self, [path.condition, before, neg(goal)], [*path.reads, *reads, *pre_reads])
            verdict = query.decide(self.limits.rlimit)
            out.cost += query.cost
            used |= {i.statement.name for i in query.used}
            out.digest = solver.digest(out.digest + query.digest)
            if verdict == "unsat":
                continue
            if verdict == "sat":
                self.concretise(out, query, tr, arguments, st)
            else:
                out.verdict, out.where = "unknown", f"{tr.file}:{tr.line} {tr.name}: {query.reason}"
            break
        out.relies_on = tuple(sorted(used | {st.name}))
        out.seconds = time.monotonic() - began
        return out

    def goal(self, tr: Transition, arguments: dict[str, Any], path: Run, st: Statement) -> tuple[Node, list[Any], Node, list[Any]]:
        """Return the goal after a path, what it reads, the statement before, and what that reads."""
        keys = self.keys[st.name]
        if st.kind == "step":
            goal, reads = formula(st.function, self.before, tr.name, arguments, path.value, *keys)
            return goal, reads, TRUE, []
        goal, reads = formula(st.function, path.value, *keys)
        pre = self.pre(st)
        return goal, reads, pre.formula, pre.reads

    def concretise(self, out: Obligation, query: Query, tr: Transition, arguments: dict[str, Any], st: Statement) -> None:
        """Turn a model into a concrete state and step, and run them."""
        model = query.model
        assert model is not None
        state = model.state(self.kind, self.before)
        args = {n: concrete_of(t, arguments[n], model) for n, t in tr.params.items()}
        keys = tuple(concrete_of(t, k, model) for t, k in zip(st.params.values(), self.keys[st.name], strict=True))
        out.cti = {
            "state": write_json(state),
            "arguments": {n: raw(v) for n, v in args.items()},
            "keys": [raw(k) for k in keys],
        }
        try:
            after = tr(state, **args)
            if st.kind == "step":
                holds_before, holds_after = True, bool(st.function(state, tr.name, args, after, *keys))
            else:
                holds_before, holds_after = bool(st.function(state, *keys)), bool(st.function(after, *keys))
        except Refused as refused:
            out.verdict, out.where = "disagreement", f"the model's step is refused ({refused.reason!r}) when run"
            return
        out.verdict = "cti" if holds_before and not holds_after else "disagreement"
        if out.verdict == "disagreement":
            out.where = f"when run, {st.name} is {holds_before} before and {holds_after} after"

    def boot(self) -> list[Obligation]:
        """Return the obligations of power-on: every statement holds in every machine that satisfies the boot facts."""
        base = symbolic_state(self.kind)
        empty = self.kind()
        parts = {n: getattr(base if n in boot.PLATFORM else symbolic_state(self.kind, "", empty), n) for n in self.kind.shapes()}
        state = self.kind(**parts)
        facts = Instances(list(CATALOGUE.boot.values()), self.kind, state)
        out = []
        for st in self.statements:
            began = time.monotonic()
            goal, reads = formula(st.function, state, *self.keys[st.name])
            query = Query(self, [neg(goal)], reads, facts)
            verdict = query.decide(self.limits.rlimit)
            name = {"unsat": "proved", "sat": "cti"}.get(verdict, "unknown")
            one = Obligation("power-on", st.name, name, time.monotonic() - began, query.cost, digest=query.digest)
            one.relies_on = (st.name,)
            out.append(one)
        return out


def raw(value: Any) -> int:
    """Return a word's number, or a truth value's."""
    return int(value) if isinstance(value, bool) else int(value.raw)


def concrete_of(kind: type, value: Any, model: Model) -> Any:
    """Return the concrete word that a model gives to a symbolic one."""
    n = truth_node(value) if kind is bool else word_node(value)
    number = model.value(n)
    return bool(number) if kind is bool else kind.of(number)  # type: ignore[attr-defined]


class Query:
    """One question with lazily added instances."""

    def __init__(self, owner: Induction, parts: list[Node], reads: list[Any], instances: Instances | None = None) -> None:
        """Start with the parts alone."""
        self.instances = owner.instances if instances is None else instances
        self.parts, self.reads = parts, reads
        self.used: dict[Instance, None] = {}
        self.model: Model | None = None
        self.cost, self.reason, self.digest = 0, "", ""

    def decide(self, rlimit: int) -> str:
        """Return unsat, sat or unknown; a small budget per way of asking first, then larger ones."""
        for share in (1 / 16, 1 / 4, 1.0):
            for flavour in ("QF_UFBV", "smt"):
                answer = self._refine(int(rlimit * share), flavour)
                if answer != "unknown":
                    return answer
        return "unknown"

    def _refine(self, rlimit: int, flavour: str) -> str:
        session = solver.Session(rlimit, flavour)
        session.add([*self.parts, *(i.formula for i in self.used)])
        depth = 1
        candidates = self.instances.close(self.reads, depth)
        while True:
            answer = session.check()
            self.cost += session.cost
            if answer != "sat":
                self.reason = session.reason
                return answer
            self.model = model = Model(session)
            while True:
                broken = [i for i in candidates if i not in self.used and not model.value(i.formula)]
                if broken or depth >= DEPTH:
                    break
                depth += 1
                candidates = self.instances.close(self.reads, depth)
            if not broken:
                return "sat"
            for i in broken[:BATCH]:
                self.used[i] = None
            session.add([i.formula for i in broken[:BATCH]])

    def question(self) -> solver.Question:
        """Return the question as last asked, for export."""
        return solver.Question([*self.parts, *(i.formula for i in self.used)])


class Model:
    """What a solver's model says; what it does not mention has its default, as in a concrete state."""

    def __init__(self, session: solver.Session) -> None:
        """Tabulate every application by the values of its arguments."""
        self.memo: dict[int, int] = {}
        self.variables: dict[str, int] = {}
        self.tables: dict[tuple[str, tuple[int, ...]], int] = {}
        for n, value in session.values():
            if n.op == "var":
                self.variables[n.data] = value
            else:
                self.tables.setdefault((n.data, tuple(self.value(a) for a in n.args)), value)
            self.memo[n.number] = value

    def value(self, root: Node) -> int:
        """Return the value of a term."""
        return solver.evaluate(root, self.memo, self.variables, self.tables)

    def state(self, kind: type[State], symbolic: Any) -> State:
        """Return the concrete state that the model describes."""
        cells: dict[str, dict[tuple[int, ...], dict[str, int]]] = {}
        for (name, key), value in self.tables.items():
            map_name, field = name.split(".", maxsplit=1)
            cells.setdefault(map_name, {}).setdefault(key, {})[field] = value
        parts: dict[str, Any] = {}
        for name, shape in kind.shapes().items():
            if not isinstance(shape, MapShape):
                fields = {f: concrete_of(t, getattr(getattr(symbolic, name), f), self) for f, t in shape.fields().items()}
                parts[name] = shape.default().replace(**fields)
                continue
            built: Map[Any, Any] = Map(shape)
            for key, given in cells.get(name, {}).items():
                types: dict[str, Any] = dict(shape.record.fields())
                record = shape.record.default().replace(
                    **{f: bool(v) if types[f] is bool else types[f].of(v) for f, v in given.items()}
                )
                words = built.key_words(key)
                built = built.set(words if len(words) > 1 else words[0], record)
            parts[name] = built
        return kind(**parts)
