"""Instances: which keys an assumed statement is taken at.

A statement holds for all keys; a question may use it only at finitely many. It is taken at the keys that the path and the
goal really read: the statement is run once on fresh keys, the reads whose keys are made of those fresh keys are its
patterns, and every read of a run that matches the patterns yields an instance. Instances read in turn; this goes on for a
stated number of rounds. Leaving one out can lose a proof, never make one.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from proofs.engine.maps import Read, argument, symbolic_state, word_node, wrap
from proofs.engine.paths import Run, summarise
from proofs.engine.terms import TRUE, Node
from pymodel.language.state import MapShape, State

if TYPE_CHECKING:
    from proofs.statements import Statement

__all__ = ["Instance", "Instances", "formula"]

#: At most this many instances of one statement in one round.
LIMIT = 160
Wanted = Callable[["Statement", tuple[Node, ...]], bool]


def formula(function: Any, *args: Any) -> tuple[Node, list[Read]]:
    """Return the formula of a statement and what it reads."""
    run = Run([], None, TRUE)
    before, Node.current = Node.current, run
    try:
        result = summarise(function, *args)
    finally:
        Node.current = before
    return result, list(run.reads)


class Instance:
    """A statement taken at some keys."""

    __slots__ = ("formula", "keys", "reads", "statement")

    def __init__(self, statement: Statement, keys: tuple[Node, ...], found: Node, reads: list[Read]) -> None:
        """Keep the parts."""
        self.statement, self.keys, self.formula, self.reads = statement, keys, found, reads


def match(pattern: Node, term: Node, fresh: set[int], bound: dict[int, Node]) -> bool:
    """Match a term against a pattern, binding the pattern's fresh variables."""
    if pattern.number in fresh:
        if pattern.width != term.width:
            return False
        return bound.setdefault(pattern.number, term) is term
    if pattern is term:
        return True
    same = pattern.op == term.op and pattern.data == term.data and len(pattern.args) == len(term.args)
    if not same or not pattern.args or pattern.width != term.width:
        return False
    return all(match(p, t, fresh, bound) for p, t in zip(pattern.args, term.args, strict=True))


class Pattern:
    """One read of a statement, and which of its keys it binds."""

    def __init__(self, map_name: str, keys: tuple[Node, ...], fresh: set[int]) -> None:
        """Find the fresh keys in the read."""
        self.map, self.keys, self.fresh = map_name, keys, fresh
        self.binds = frozenset(n for k in keys for n in _variables(k) if n in fresh)

    def bind(self, read: Read) -> dict[int, Node] | None:
        """Return what the fresh keys are for this read to match, or None."""
        bound: dict[int, Node] = {}
        if all(match(p, t, self.fresh, bound) for p, t in zip(self.keys, read[1], strict=True)):
            return bound
        return None


def _variables(n: Node) -> list[int]:
    out, stack = [], [n]
    while stack:
        x = stack.pop()
        out.append(x.number)
        stack.extend(x.args)
    return out


def _plain(n: Node, fresh: set[int]) -> bool:
    """Say whether a key is made of fresh keys and constants alone, by joining and widening."""
    return n.number in fresh or n.op == "const" or (n.op in ("concat", "zext") and all(_plain(a, fresh) for a in n.args))


def defaults_of(kind: type[State]) -> dict[str, int]:
    """Return what each field of each map, and of each single record, has by default, by the name of its term."""
    out: dict[str, int] = {}
    for name, shape in kind.shapes().items():
        record = shape.record.default() if isinstance(shape, MapShape) else shape.default()
        for f, t in record.fields().items():
            value = getattr(record, f)
            out[f"{name}.{f}"] = int(value) if t is bool else value.raw
    return out


class Instances:
    """The statements of one proof, their patterns, and the instances made so far over one symbolic state."""

    def __init__(self, statements: list[Statement], kind: type[State], state: Any) -> None:
        """Find the patterns of each statement."""
        self.state = state
        self.defaults = defaults_of(kind)
        self.statements = statements
        self.patterns: dict[str, tuple[list[int], list[list[Pattern]]]] = {}
        self.made: dict[tuple[Any, ...], Instance] = {}
        scratch = symbolic_state(kind, "pattern!")
        #: The statements with a pattern that is a read of a map, by the map; each with its place among all.
        self.readers: dict[str, dict[int, Statement]] = {}
        for place, st in enumerate(statements):
            nodes, alternatives = self.patterns[st.name] = self._find(st, scratch)
            for pattern in (p for chosen in alternatives for p in chosen if nodes):
                self.readers.setdefault(pattern.map, {})[place] = st

    @staticmethod
    def _find(st: Statement, scratch: Any) -> tuple[list[int], list[list[Pattern]]]:
        keys = [argument(t, f"pattern!{st.name}.{n}") for n, t in st.params.items()]
        nodes = [word_node(k).number for k in keys]
        fresh = set(nodes)
        _, reads = formula(st.function, scratch, *keys)
        patterns = [Pattern(m, k, fresh) for m, k in reads if all(_plain(x, fresh) for x in k)]
        full = [[p] for p in patterns if p.binds == fresh]
        if full or not fresh:
            return nodes, full
        chosen: list[Pattern] = []
        missing = set(fresh)
        while missing:
            best = max(patterns, key=lambda p: len(p.binds & missing), default=None)
            if best is None or not best.binds & missing:
                return nodes, []  # no read calls for it: it is asked at its own keys, and assumed nowhere else
            chosen.append(best)
            missing -= best.binds
        return nodes, [chosen]

    def at(self, st: Statement, keys: tuple[Node, ...]) -> Instance:
        """Return the instance of a statement at some keys."""
        ident = (st.name, *[k.number for k in keys])
        found = self.made.get(ident)
        if found is None:
            words = [wrap(t, k) for t, k in zip(st.params.values(), keys, strict=True)]
            found = self.made[ident] = Instance(st, keys, *formula(st.function, self.state, *words))
        return found

    def close(self, reads: list[Read], rounds: int, wanted: Wanted | None = None) -> list[Instance]:
        """Return the instances that some reads call for, and what those read, for a number of rounds.

        In the last round, which calls for no others, only what is wanted is made.
        """
        by_map: dict[str, dict[Any, Read]] = {}
        chosen: dict[int, Instance] = {}
        fresh_reads = list(reads)
        for st in self.statements:
            if not st.params and (always := self.at(st, ())).formula is not TRUE:
                chosen[id(always)] = always
                fresh_reads.extend(always.reads)
        for left in reversed(range(rounds)):
            new: dict[str, dict[Any, Read]] = {}
            for read in fresh_reads:
                ident = tuple(k.number for k in read[1])
                if ident not in by_map.get(read[0], {}):
                    by_map.setdefault(read[0], {})[ident] = read
                    new.setdefault(read[0], {})[ident] = read
            if not new:
                break
            fresh_reads = []
            concerned = {place: st for m in new for place, st in self.readers.get(m, {}).items()}
            for _, st in sorted(concerned.items(), key=itemgetter(0)):
                for keys in self._matches(st, by_map, new):
                    if not left and wanted is not None and not wanted(st, keys):
                        continue
                    instance = self.at(st, keys)
                    if instance.formula is not TRUE and id(instance) not in chosen:
                        chosen[id(instance)] = instance
                        fresh_reads.extend(instance.reads)
        return list(chosen.values())

    def _matches(self, st: Statement, every: dict[str, dict[Any, Read]], new: dict[str, dict[Any, Read]]) -> Any:
        nodes, alternatives = self.patterns[st.name]
        found: dict[tuple[int, ...], tuple[Node, ...]] = {}
        for chosen in alternatives:
            if not any(p.map in new for p in chosen):
                continue
            source = new if len(chosen) == 1 else every
            options = [[b for r in source.get(p.map, {}).values() if (b := p.bind(r)) is not None] for p in chosen]
            for combination in product(*options):
                bound: dict[int, Node] = {}
                if all(bound.setdefault(k, v) is v for part in combination for k, v in part.items()):
                    keys = tuple(bound[n] for n in nodes)
                    found[tuple(k.number for k in keys)] = keys
        return list(found.values())[:LIMIT]
