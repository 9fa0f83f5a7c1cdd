"""Questions: a conjunction that is to be unsatisfiable, and the assumptions that are added to it as models call for them.

Where a hint says which parts and which instances sufficed when the question was last answered, they alone are asked about
first. Leaving parts out can lose a proof and never makes one, so a hint that is stale, or wrong, costs time and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from proofs.engine.hints import Hint, mark, mark_at, mark_of
from proofs.engine.instances import Instance, Instances
from proofs.engine.maps import truth_node, word_node
from proofs.engine.solvers import solver
from proofs.engine.terms import Node, conjuncts
from pymodel.language.json_form import write_json
from pymodel.language.state import Map, MapShape, Record, State

__all__ = ["FIRST", "NOT_PURSUED", "REST", "ROUGH", "Effort", "Model", "Query", "concrete_of", "example", "raw", "told"]

#: Rounds of instances: what the path and goal read, what those instances read, and so on.
DEPTH, SHALLOW = 5, 2
#: Instances added after one model.
BATCH = 24
#: Seeds with which what a hint names is asked about where how long that takes depends on what was asked before.
LUCK = 3


class Effort(NamedTuple):
    """How hard a question is tried."""

    shares: tuple[float, ...]
    """Of the limit, one after the other."""
    depth: int = DEPTH
    """Rounds of instances; with fewer than all of them a model is no counterexample."""
    flavours: tuple[str, ...] = ("QF_UFBV", "smt")
    """Ways of asking the solver."""

    @property
    def refutes(self) -> bool:
        """Say whether a model is a counterexample."""
        return self.depth == DEPTH


#: What each obligation of a step gets at first, and what the others get where none of them fails.
FIRST, REST = Effort((1 / 16,)), Effort((1 / 8, 1 / 4, 1.0))
#: What tells roughly what a step may break: a proof counts, a model does not.
ROUGH = Effort((1 / 64,), SHALLOW, ("QF_UFBV",))
#: Why a question that little effort goes into is left open.
NOT_PURSUED = "not pursued: the policy is known to break something"


def raw(value: Any) -> int:
    """Return a word's number, or a truth value's."""
    return int(value) if isinstance(value, bool) else int(value.raw)


def concrete_of(kind: type, value: Any, model: Model) -> Any:
    """Return the concrete word that a model gives to a symbolic one."""
    n = truth_node(value) if kind is bool else word_node(value)
    number = model.value(n)
    return bool(number) if kind is bool else kind.of(number)  # type: ignore[attr-defined]


def told(why: bool | str) -> str:
    """Return why a question is given up; where nothing is said, the policy is refuted."""
    return why if isinstance(why, str) and why else NOT_PURSUED


def example(state: State, params: dict[str, type], given: dict[str, Any], model: Model) -> dict[str, Any]:
    """Return the state and the arguments that a model gives, as JSON data; an argument that is a record is left out."""
    words = {n: t for n, t in params.items() if not issubclass(t, Record)}
    arguments = {n: raw(concrete_of(t, given[n], model)) for n, t in words.items()}
    return {"state": write_json(model.state(type(state), state)), "arguments": arguments}


class Query:
    """One question with lazily added instances."""

    def __init__(self, instances: Instances, parts: list[Node], reads: list[Any]) -> None:
        """Start with the parts alone."""
        self.instances, self.depth = instances, DEPTH
        self.given_up: Callable[[], bool | str] = bool
        self.hint: Hint | None = None
        self.recalled = False
        self.parts, self.reads = parts, reads
        self.used: dict[Instance, None] = {}
        self.model: Model | None = None
        self.cost, self.reason = 0, ""

    def decide(self, rlimit: int, effort: Effort) -> str:
        """Return unsat, sat or unknown; as the hint says at first, then with a small budget per way of asking, then more."""
        if self.hint is not None and self._recall(self.hint, min(self.hint.rlimit, int(rlimit * REST.shares[0]))):
            return "unsat"
        self.depth = effort.depth
        for seed, share in enumerate(effort.shares):
            for flavour in effort.flavours:
                answer = self._refine(int(rlimit * share), flavour, seed + len(self.used))
                if answer != "unknown":
                    return answer
        return "unknown"

    def _recall(self, hint: Hint, rlimit: int) -> bool:
        """Say whether what sufficed last time suffices again; the question then is that."""
        parts = [c for part in self.parts for c in conjuncts(part) if mark_of(c) in hint.marks]
        near = self.instances.close(self.reads, hint.depth, lambda st, keys: mark_at(st, keys) in hint.marks)
        instances = [i for i in near if mark(i) in hint.marks]
        for seed in range(hint.seed, hint.seed + (1 if hint.alone else LUCK)):
            session = solver.Session(hint.flavour, seed, hint.alone)
            session.add([*parts, *(i.formula for i in instances)])
            answer = session.check(rlimit)
            self.cost += session.cost
            if answer != "unknown":
                break
        self.recalled = answer == "unsat"
        if self.recalled:
            self.parts, self.used, self.depth = parts, dict.fromkeys(instances), hint.depth
        return self.recalled

    def _refine(self, rlimit: int, flavour: str, seed: int) -> str:
        session = solver.Session(flavour, seed)
        session.add([*self.parts, *(i.formula for i in self.used)])
        depth, left = 1, rlimit
        candidates = self.instances.close(self.reads, depth)
        while True:
            answer = session.check(left)
            self.cost, left = self.cost + session.cost, left - session.cost
            if answer != "sat":
                self.reason = session.reason
                return answer
            why = self.given_up()
            if why:
                self.reason = told(why)
                return "unknown"
            self.model = model = Model(session, self.instances.defaults)
            while True:
                broken = [i for i in candidates if i not in self.used and not model.value(i.formula)]
                if broken or depth >= self.depth:
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

    def __init__(self, session: solver.Session, defaults: dict[str, int] | None = None) -> None:
        """Tabulate every application by the values of its arguments; `defaults` has what a map's field is elsewhere."""
        self.memo: dict[int, int] = {}
        self.defaults = defaults or {}
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
        return solver.evaluate(root, self.memo, self.variables, self.tables, self.defaults)

    def renamed(self, prefix: str) -> Model:
        """Return the model of what is named with a prefix; what is not named so is as here."""
        out = Model.__new__(Model)
        names = {n.removeprefix(prefix) for n, _ in self.tables if n.startswith(prefix)}
        out.memo, out.defaults = {}, self.defaults
        own = {(n.removeprefix(prefix), key): v for (n, key), v in self.tables.items() if n.startswith(prefix)}
        out.tables = {(n, key): v for (n, key), v in self.tables.items() if n not in names} | own
        out.variables = self.variables | {n.removeprefix(prefix): v for n, v in self.variables.items() if n.startswith(prefix)}
        return out

    def state(self, kind: type[State], symbolic: Any) -> State:
        """Return the concrete state that the model describes."""
        cells: dict[str, dict[tuple[int, ...], dict[str, int]]] = {}
        for (name, key), value in self.tables.items():
            map_name, field = name.rsplit(".", maxsplit=1)
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
                built = built._write(words if len(words) > 1 else words[0], record)
            parts[name] = built
        return kind(**parts)
