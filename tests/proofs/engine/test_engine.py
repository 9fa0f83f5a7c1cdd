"""The symbolic engine: a program run on symbolic words says the same as the program run on numbers, whatever the solver says.

Programs are small trees over a toy state: two maps, a register, every operator, forks, guards, helpers and both updates of
a map. `disagreements` is the check; `test_broken_engines.py` shows that it finds a broken engine.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from proofs.engine import paths
from proofs.engine.maps import argument, symbolic_state, truth_node, word_node, wrap
from proofs.engine.query import Model
from proofs.engine.solvers import solver
from proofs.engine.solvers.solver import evaluate
from proofs.engine.terms import FALSE, Node, const, variable
from pymodel.language.outcomes import Reason, Refused, refuse, require
from pymodel.language.state import Map, Record, State
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.language.words import Choice, Member, Word, choose, concat

# The toy state, and programs over it


class Key(Word, width=3):
    """The number of a cell."""

    __slots__ = ()


class Val(Word, width=5):
    """What a cell holds."""

    __slots__ = ()


class Phase(Choice):
    """A closed list whose length is no power of two."""

    EMPTY = Member()
    HALF = Member()
    FULL = Member()


class Cell(Record):
    """A record with one field of each sort, and a default that is not 0."""

    v: Val = Val(5)
    on: bool = False
    phase: Phase = Phase.EMPTY


class Pair(Record):
    """A record at a key of two words."""

    k: Key = Key(1)
    w: Val = Val(0)


class Register(Record):
    """A register of which there is one."""

    v: Val = Val(0)
    on: bool = False


class Toy(State):
    """Two maps and a register."""

    cells: Map[Key, Cell]
    pairs: Map[tuple[Key, Val], Pair]
    register: Register


ARGUMENTS: dict[str, type] = {"a": Key, "b": Key, "v": Val, "p": bool}
Tree = tuple[Any, ...]
"""An expression or statement: what it is, and its parts. A program is a tuple of statements."""

#: Every expression whose operands are all evaluated: the result's kind, the operands' kinds, the meaning in a state.
EXPRESSIONS: dict[str, tuple[str, tuple[str, ...], Callable[..., Any]]] = {
    "next": ("key", ("key", "key"), lambda _, x, y: x + y),
    "cut": ("key", ("val",), lambda _, x: x.to(Key)),
    "middle": ("key", ("val",), lambda _, x: x.bits(3, 2, Key)),
    "chosen key": ("key", ("truth", "key", "key"), lambda _, c, x, y: choose(c, x, y)),
    "pair's key": ("key", ("key", "val"), lambda s, k, v: s.pairs[k, v].k),
    "+": ("val", ("val", "val"), lambda _, x, y: x + y),
    "-": ("val", ("val", "val"), lambda _, x, y: x - y),
    "*": ("val", ("val", "val"), lambda _, x, y: x * y),
    "&": ("val", ("val", "val"), lambda _, x, y: x & y),
    "|": ("val", ("val", "val"), lambda _, x, y: x | y),
    "^": ("val", ("val", "val"), lambda _, x, y: x ^ y),
    "~": ("val", ("val",), lambda _, x: ~x),
    "<<": ("val", ("val", "val"), lambda _, x, y: x << y),
    ">>": ("val", ("val", "val"), lambda _, x, y: x >> y),
    "widened": ("val", ("key",), lambda _, x: x.to(Val)),
    "signed": ("val", ("key",), lambda _, x: x.sext(Val)),
    "joined": ("val", ("key", "key"), lambda _, x, y: concat(Val, x, y.to(Phase))),
    "chosen": ("val", ("truth", "val", "val"), lambda _, c, x, y: choose(c, x, y)),
    "cell": ("val", ("key",), lambda s, k: s.cells[k].v),
    "pair": ("val", ("key", "val"), lambda s, k, v: s.pairs[k, v].w),
    "register": ("val", (), lambda s: s.register.v),
    "same key": ("truth", ("key", "key"), lambda _, x, y: x == y),
    "==": ("truth", ("val", "val"), lambda _, x, y: x == y),
    "!=": ("truth", ("val", "val"), lambda _, x, y: x != y),
    "<": ("truth", ("val", "val"), lambda _, x, y: x < y),
    "<=": ("truth", ("val", "val"), lambda _, x, y: x <= y),
    ">": ("truth", ("val", "val"), lambda _, x, y: x > y),
    ">=": ("truth", ("val", "val"), lambda _, x, y: x >= y),
    "slt": ("truth", ("val", "val"), lambda _, x, y: x.slt(y)),
    "sle": ("truth", ("val", "val"), lambda _, x, y: x.sle(y)),
    "overflows": ("truth", ("val", "val"), lambda _, x, y: x.add_overflows(y)),
    "is on": ("truth", ("key",), lambda s, k: s.cells[k].on),
    "is full": ("truth", ("key",), lambda s, k: s.cells[k].phase == Phase.FULL),
    "is unnamed": ("truth", ("key",), lambda s, k: s.cells[k].phase > Phase.FULL),
    "same cell": ("truth", ("key", "key"), lambda s, x, y: s.cells[x] == s.cells[y]),
    "register is on": ("truth", (), lambda s: s.register.on),
    "all_of": ("truth", ("truth", "truth"), lambda _, x, y: all_of(x, y)),
    "any_of": ("truth", ("truth", "truth"), lambda _, x, y: any_of(x, y)),
    "implies": ("truth", ("truth", "truth"), lambda _, x, y: implies(x, y)),
    "negate": ("truth", ("truth",), lambda _, x: negate(x)),
    "agree": ("truth", ("truth", "truth"), lambda _, x, y: x == y),
    "differ": ("truth", ("truth", "truth"), lambda _, x, y: x != y),
    "both": ("truth", ("truth", "truth"), lambda _, x, y: x & y),
    "either": ("truth", ("truth", "truth"), lambda _, x, y: x | y),
}
#: Expressions that fork, or that are summarised in a symbolic run.
LAZY: dict[str, tuple[str, tuple[str, ...]]] = {
    "key if": ("key", ("truth", "key", "key")),
    "if": ("val", ("truth", "val", "val")),
    "and": ("truth", ("truth", "truth")),
    "or": ("truth", ("truth", "truth")),
    "not": ("truth", ("truth",)),
    "helper": ("truth", ("truth",)),
}


def value(tree: Tree, s: Toy, names: dict[str, Any]) -> Any:  # noqa: PLR0911 - one line for each expression
    """Return what an expression gives in a state."""
    match tree:
        case ("name", name):
            return names[name]
        case ("constant", constant):
            return constant
        case ("if" | "key if", condition, yes, no):
            return value(yes, s, names) if value(condition, s, names) else value(no, s, names)
        case ("and", left, right):
            return value(left, s, names) and value(right, s, names)
        case ("or", left, right):
            return value(left, s, names) or value(right, s, names)
        case ("not", inner):
            return not value(inner, s, names)
        case ("helper", inner):
            return helper(value, inner, s, names)
    return EXPRESSIONS[tree[0]][2](s, *[value(part, s, names) for part in tree[1:]])


def helper(function: Callable[..., bool], *args: Any) -> Any:
    """Call a pure function; a symbolic run summarises it into one formula."""
    return function(*args) if Node.current is None else wrap(bool, paths.summarise(function, *args))


def execute(program: Tree, s: Toy, names: dict[str, Any]) -> Toy:
    """Return the state after a program."""
    for tree in program:
        s = statement(tree, s, names)
    return s


def statement(tree: Tree, s: Toy, names: dict[str, Any]) -> Toy:  # noqa: C901, PLR0911 - one line for each statement
    """Return the state after one statement."""
    x = [value(part, s, names) for part in tree[1:] if tree[0] in ("cell", "pair", "register", "bump", "require")]
    match tree:
        case ("when", condition, then, otherwise):
            return execute(then if value(condition, s, names) else otherwise, s, names)
        case ("require", _):
            require(x[0], Reason.RIGHTS)
        case ("refuse",):
            refuse(Reason.POLICY)
        case ("crash",):
            raise ValueError
        case ("cell", *_):
            return s.put("cells", x[0], Cell(x[1], x[2], choose(x[2], Phase.FULL, Phase.HALF)))
        case ("bump", *_):
            return s.put("cells", x[0], s.cells[x[0]].replace(v=s.cells[x[0]].v + x[1]))
        case ("pair", *_):
            return s.put("pairs", (x[0], x[1]), Pair(x[2], x[3]))
        case ("register", *_):
            return s.replace(register=Register(x[0], x[1]))
        case ("drop cells", hit):
            return s.replace(cells=s.cells.reset(lambda k, r: value(hit, s, names | {"k": k, "r": r.v, "q": r.on})))
        case ("drop pairs", hit):
            return s.replace(pairs=s.pairs.reset(lambda k, v, r: value(hit, s, names | {"k": k, "r": r.w, "q": r.w == v})))
    return s


# Strategies

KINDS: dict[str, type] = {"key": Key, "val": Val, "truth": bool}


@functools.cache
def expressions(kind: str, depth: int, inside: bool = False) -> st.SearchStrategy[Tree]:
    """Return expressions of a kind; `inside` a map's predicate there are the key and the record too."""
    names = {"key": ["a", "b"], "val": ["v"], "truth": ["p"]}[kind] + [{"key": "k", "val": "r", "truth": "q"}[kind]] * inside
    constants = [False, True] if kind == "truth" else [KINDS[kind](n) for n in (0, 1, 2, 5, 7)]
    leaves = [*[("name", n) for n in names for _ in range(3)], *[("constant", c) for c in constants]]
    known = {name: parts[:2] for name, parts in EXPRESSIONS.items()} | LAZY
    here = [(name, parts) for name, (result, parts) in known.items() if result == kind]
    if depth == 0:
        return st.sampled_from(leaves)
    inner = [st.tuples(st.just(name), *[expressions(p, depth - 1, inside) for p in parts]) for name, parts in here]
    return st.one_of(*inner, st.sampled_from(leaves))


@functools.cache
def blocks(depth: int, size: int) -> st.SearchStrategy[Tree]:
    """Return sequences of statements."""
    key, val, truth = (expressions(kind, 2) for kind in KINDS)
    choices: list[st.SearchStrategy[Tree]] = [
        st.tuples(st.just("require"), truth),
        st.tuples(st.just("cell"), key, val, truth),
        st.tuples(st.just("bump"), key, val),
        st.tuples(st.just("pair"), key, val, key, val),
        st.tuples(st.just("register"), val, truth),
        st.tuples(st.just("drop cells"), expressions("truth", 2, inside=True)),
        st.tuples(st.just("drop pairs"), expressions("truth", 2, inside=True)),
    ]
    if depth:
        choices += [st.tuples(st.just("when"), truth, blocks(depth - 1, 2), blocks(depth - 1, 2))] * 3
    else:
        choices += [st.just(("refuse",)), st.just(("crash",))]
    return st.lists(st.one_of(choices), max_size=size).map(tuple)


@dataclass(frozen=True)
class Input:
    """A concrete state and arguments."""

    state: Toy
    names: dict[str, Any]

    def variables(self) -> dict[str, int]:
        """Return what the free constants of the symbolic run stand for."""
        s = self.state.register
        return {n: raw(v) for n, v in self.names.items()} | {"register.v": raw(s.v), "register.on": raw(s.on)}

    def tables(self) -> dict[tuple[str, tuple[int, ...]], int]:
        """Return what the uninterpreted functions of the symbolic run stand for, at every key."""
        keys: dict[str, list[tuple[int, ...]]] = {
            "cells": [(k,) for k in range(8)],
            "pairs": [(k, v) for k in range(8) for v in range(32)],
        }
        found: dict[tuple[str, tuple[int, ...]], int] = {}
        for name, every in keys.items():
            part = getattr(self.state, name)
            found |= {(f"{name}.{f}", k): raw(x) for f, x in vars(part.shape.record.default()).items() for k in every}
            found |= {(f"{name}.{f}", k): raw(x) for k, record in part.points.items() for f, x in vars(record).items()}
        return found


def raw(x: Any) -> int:
    """Return the number of a concrete word or truth value."""
    return int(x) if isinstance(x, bool) else int(x.raw)


def any_word(kind: Any, chance: Random) -> Any:
    """Return a word, small ones more often; or a truth value."""
    if kind is bool:
        return chance.random() < 0.5
    top = len(kind.names) - 1 if issubclass(kind, Choice) else (1 << kind.width) - 1
    return kind(chance.randint(0, min(2, top) if chance.random() < 0.5 else top))


def any_input(chance: Random) -> Input:
    """Return an input in which a few cells and pairs, and the register, hold something."""

    def record(kind: Any) -> Any:
        return kind(*[any_word(t, chance) for t in kind.fields().values()])

    s = Toy(register=record(Register))  # type: ignore[call-arg]
    for _ in range(chance.randint(0, 4)):
        s = s.put("cells", any_word(Key, chance), record(Cell))
        s = s.put("pairs", (any_word(Key, chance), any_word(Val, chance)), record(Pair))
    return Input(s, {name: any_word(kind, chance) for name, kind in ARGUMENTS.items()})


def inputs(seed: int) -> list[Input]:
    """Return some inputs, the same for the same seed; as a strategy of its own this would take most of the time."""
    chance = Random(seed)  # noqa: S311 - chance is all that is asked of it
    return [any_input(chance) for _ in range(6)]


PROGRAMS = blocks(2, 5)
SEEDS = st.integers(0, 1 << 32)


# The check


@dataclass(frozen=True)
class Case:
    """One way in which a symbolic run came out: where, as what, and with what value or reason."""

    condition: Node
    outcome: str
    value: Any


def symbolic(program: Tree, **how: Any) -> list[Case]:
    """Run a program on an arbitrary state: its paths, and the refusals that were noted on them, each once."""
    s, names = symbolic_state(Toy), {n: argument(t, n) for n, t in ARGUMENTS.items()}
    found: dict[Any, Case] = {}
    for path in paths.explore(lambda: execute(program, s, names), **how):
        if path.outcome != "impossible":
            found[len(found)] = Case(path.condition, path.outcome, path.value)
        for condition, reason in path.refusals:
            found[condition.number, raw(reason)] = Case(condition, "refused", reason)
    refused = {(c.condition.number, raw(c.value)): c for c in found.values() if c.outcome == "refused"}
    return [c for c in found.values() if c.outcome != "refused"] + [c for c in refused.values() if c.condition is not FALSE]


def concrete(program: Tree, one: Input) -> tuple[str, Any]:
    """Run a program on an input."""
    try:
        return "ok", execute(program, one.state, one.names)
    except Refused as refused:
        return "refused", refused.reason
    except ValueError as error:
        return "error", error


def difference(program: Tree, cases: list[Case], one: Input) -> str:  # noqa: PLR0911 - one line for each way to differ
    """Say how the symbolic run differs from the concrete one on an input; an empty text if it does not."""
    memo: dict[int, int] = {}
    variables, tables = one.variables(), one.tables()
    hit = [c for c in cases if evaluate(c.condition, memo, variables, tables)]
    outcome, result = concrete(program, one)
    if len(hit) != 1:
        return f"{len(hit)} paths hold where one should"
    if hit[0].outcome != outcome:
        return f"{hit[0].outcome} instead of {outcome}"
    if outcome == "refused":
        return "" if hit[0].value == result else "another reason"
    if outcome == "error":
        return "" if repr(hit[0].value) == repr(result) else "another error"
    for name, key in keys(result):
        nodes = tuple(const(raw(k), k.width) for k in key)
        probe = tuple(variable(f"probe{i}", k.width) for i, k in enumerate(key))
        there = variables | {f"probe{i}": raw(k) for i, k in enumerate(key)}
        expected = [raw(x) for x in vars(getattr(result, name)[key if len(key) > 1 else key[0]]).values()]
        after = getattr(hit[0].value, name)
        if [evaluate(node(x), memo, variables, tables) for x in vars(after.read(nodes)).values()] != expected:
            return f"another record at {name}{key}"
        if [evaluate(node(x), {}, there, tables) for x in vars(after.read(probe)).values()] != expected:
            return f"another record at {name} of a symbolic key that stands for {key}"
    fields = [
        (evaluate(node(x), memo, variables, tables), raw(y)) for x, y in zip(*map(fields_of, (hit[0].value, result)), strict=True)
    ]
    return "" if all(x == y for x, y in fields) else "another register"


def fields_of(s: Any) -> list[Any]:
    """Return the fields of the register."""
    return list(vars(s.register).values())


def node(x: Any) -> Node:
    """Return the term behind a word or truth value."""
    return word_node(x) if isinstance(x, Word) else truth_node(x)


def keys(s: Toy) -> Iterator[tuple[str, tuple[Word, ...]]]:
    """Iterate over every key of the small map, and over those keys of the large one that hold something, with neighbours."""
    yield from (("cells", (Key(k),)) for k in range(8))
    points = [tuple(k) for k, _ in s.pairs.items()]
    yield from (("pairs", point) for point in points)
    yield from (("pairs", (Key(k), v)) for k, (_, v) in enumerate(points))
    yield "pairs", (Key(0), Val(0))


def disagreements(program: Tree, seed: int, **how: Any) -> list[str]:
    """Return how the symbolic run of a program differs from the concrete run, over some inputs."""
    cases = symbolic(program, **how)
    return [text for one in inputs(seed) if (text := difference(program, cases, one))]


def model_of(condition: Node) -> Input | None:
    """Return an input on which a condition holds, from a model of the solver; None if there is none."""
    session = solver.Session()
    session.add([condition])
    answer = session.check(solver.RLIMIT)
    assert answer != "unknown"
    if answer == "unsat":
        return None
    model = Model(session)
    names = {n: word(t, model.variables.get(n, 0)) for n, t in ARGUMENTS.items()}
    return Input(model.state(Toy, symbolic_state(Toy)), names)  # type: ignore[arg-type]


def word(kind: Any, number: int) -> Any:
    """Return a word or truth value."""
    return bool(number) if kind is bool else kind(number)


def within_limit(program: Tree, **how: Any) -> list[Case]:
    """Return the cases of a program with few enough paths for a quick test."""
    try:
        cases = symbolic(program, limit=64, **how)
    except paths.PathLimit:
        assume(condition=False)
    return cases


# Programs both ways


@settings(deadline=None, max_examples=100)
@given(program=PROGRAMS, seed=SEEDS)
def test_a_program_does_the_same_on_numbers_and_on_terms(program: Tree, seed: int) -> None:
    """On every input exactly one path holds, with the outcome, reason, maps and register of the concrete run."""
    cases = within_limit(program)
    assert not [text for one in inputs(seed) if (text := difference(program, cases, one))]


@settings(deadline=None, max_examples=40)
@given(program=PROGRAMS)
def test_every_path_of_a_program_is_taken_by_the_input_that_a_model_gives(program: Tree) -> None:
    """Where the solver finds a condition satisfiable, its model leads the concrete run to that very outcome."""
    cases = within_limit(program)
    for case in cases:
        one = model_of(case.condition)
        if one is not None:
            assert evaluate(case.condition, {}, one.variables(), one.tables()) == 1
            assert difference(program, cases, one) == ""


@settings(deadline=None, max_examples=25)
@given(program=PROGRAMS, seed=SEEDS)
def test_pruning_drops_only_paths_that_no_input_takes(program: Tree, seed: int) -> None:
    """With every branch asked of the solver, each path that is left has a model, and nothing else changes."""
    cases = within_limit(program, feasible=solver.feasible, free=0)
    assert not [text for one in inputs(seed) if (text := difference(program, cases, one))]
    assert all(model_of(case.condition) is not None for case in cases if case.outcome == "ok" and not guarded(program))


def guarded(program: Tree) -> bool:
    """Say whether a program has a guard: a path goes on behind it without asking whether anything can."""
    return any(part[0] == "require" or (part[0] == "when" and guarded((*part[2], *part[3]))) for part in program)


# Operators at every width


# A solver that does not know
