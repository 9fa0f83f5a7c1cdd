"""The search for a run from boot that breaks a promise: rich states first, then steps at random with sensible arguments.

Scripted scenarios bring the machine into rich states under the policy at hand. From them walks set out: each step is drawn
by weight, each argument from what the state already mentions, so that things collide. States whose shape is new are kept
as further starting points. Everything is drawn from one seed and counted in steps, so a search can be repeated.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from proofs.checkers.concrete import Checker
from proofs.checkers.scenarios import SCENARIOS
from proofs.checkers.traces import make
from proofs.theorems import CATALOGUE, Statement
from pymodel.hardware import ids
from pymodel.machine import steps
from pymodel.outcomes import Refused
from pymodel.platforms import PLATFORMS
from pymodel.state import MapShape
from pymodel.transitions import Transition
from pymodel.words import Choice, Word

__all__ = ["Break", "Found", "Place", "Walker", "search"]

Taken = list[tuple[str, dict[str, int]]]
#: Steps of one walk that were not refused.
LENGTH = 14
#: Arguments drawn for one step before another step is drawn, and steps without success before a walk ends.
TRIES, DEAD_END = 30, 40
#: Kept starting points.
CORPUS = 400
#: Steps that are taken at most in order to make one trace shorter.
SHRINK = 20_000
#: Statements looked at after every step beside the promises; the rest are looked at where one of these broke.
ALSO = frozenset(
    {
        "a_clean_frame_is_zero",
        "a_context_blocks_or_is_the_owners",
        "a_leaf_holds_its_frame",
        "a_request_belongs_to_who_issued_it",
        "a_handle_holds_its_grant",
        "a_pin_holds_its_frame",
    }
)
#: Steps that only forget, or that end things: less often.
RARE = {
    "tlb_evict",
    "iotlb_evict",
    "walk_evict",
    "context_evict",
    "dma_fault",
    "kill_vm",
    "switch_out",
    "unload",
    "create_vm",
}


@dataclass
class Found:
    """What a search found: a trace from boot and the statements it breaks, or nothing; and how far it went."""

    trace: dict[str, Any] | None = None
    broken: list[str] = field(default_factory=list)
    steps: int = 0
    tried: int = 0
    depth: int = 0
    successes: dict[str, int] = field(default_factory=dict)
    error: str = ""


@dataclass
class Place:
    """A state and how it was reached."""

    platform: str
    state: Any
    path: Taken


@dataclass(frozen=True)
class Break:
    """A statement and the keys at which it fails."""

    statement: Statement
    keys: tuple[Any, ...]


class Walker:
    """Walks of one policy's machine."""

    def __init__(self, policy: Any, statements: list[Statement], seed: int, focus: list[str] | None = None) -> None:
        """Take the scenarios, and weigh the steps."""
        self.policy = policy
        self.random = random.Random(seed)  # noqa: S311 - a repeatable search, not a secret
        self.transitions = {t.name: t for t in steps(policy)}
        self.checker = Checker(statements, policy.State)
        self.focus = set(focus or ())
        self.found = Found()
        self.seen: set[int] = set()
        self.corpus: list[Place] = []
        self.constants = self._constants()

    def _constants(self) -> dict[type, list[int]]:
        out: dict[type, list[int]] = {ids.Vm: [2, 3, 4], ids.Rights: [1, 2, 3], ids.Ticket: [0], ids.Index: [0, 1]}
        out[ids.Page] = [0, 1, 2, 0x200]
        out[ids.Asid] = [0]
        out[ids.Count] = [0]
        out[ids.AddressWidth] = [32, 64]
        return out

    def weights(self, transitions: list[Transition]) -> list[float]:
        """Return how often each step is tried."""
        return [(6.0 if t.name in self.focus else 1.0) * (0.15 if t.name in RARE else 1.0) for t in transitions]

    # Taking steps

    def take(self, place: Place, name: str, args: dict[str, int]) -> Place | None:
        """Take a step from a place, or return None if it is refused; an exception of the policy is a finding."""
        transition = self.transitions.get(name)
        if transition is None or set(transition.params) != set(args):
            return None
        self.found.tried += 1
        try:
            after = transition(place.state, **self.typed(transition, args))
        except Refused:
            return None
        except Exception as error:  # noqa: BLE001 - whatever a policy raises is what we look for
            self.found.error = f"{transition.file}:{transition.line} {name}: {error!r}"
            return None
        self.found.steps += 1
        self.found.successes[name] = self.found.successes.get(name, 0) + 1
        return Place(place.platform, after, [*place.path, (name, args)])

    @staticmethod
    def typed(transition: Transition, args: dict[str, int]) -> dict[str, Any]:
        """Return arguments as words."""
        types: dict[str, Any] = dict(transition.params)
        return {n: bool(args[n]) if t is bool else t.of(args[n]) for n, t in types.items()}

    def pools(self, state: Any) -> tuple[dict[type, list[int]], list[dict[type, int]]]:
        """Return, for each type of word, the numbers that a state mentions; and the rows that mention them together."""
        rows: list[dict[type, int]] = []
        pools: dict[type, dict[int, None]] = {k: dict.fromkeys(v) for k, v in self.constants.items()}
        for name, shape in state.shapes().items():
            if not isinstance(shape, MapShape) or name in ("roster", "seat", "count"):
                continue
            fields = [(f, t) for f, t in shape.record.fields().items() if t is not bool]
            points = getattr(state, name).points
            for n, (raw, record) in enumerate(points.items()):
                if n > 60:  # noqa: PLR2004 - a large leaf's pieces say nothing new
                    break
                for t, v in zip(shape.keys, raw, strict=True):
                    pools.setdefault(t, {})[v] = None
                row = dict(zip(shape.keys, raw, strict=True))
                for f, t in fields:
                    value = getattr(record, f).raw
                    pools.setdefault(t, {})[value] = None
                    row.setdefault(t, value)
                rows.append(row)
        return {t: list(values) for t, values in pools.items()}, rows

    def arguments(self, t: Transition, pools: dict[type, list[int]], rows: list[dict[type, int]]) -> dict[str, int]:
        """Draw arguments; mostly some of them from one row of the state, so that they fit together."""
        row = self.random.choice(rows) if rows and self.random.random() < 0.7 else {}  # noqa: PLR2004 - mostly
        return {n: row[k] if k in row else self.draw(k, pools) for n, k in t.params.items()}

    def draw(self, kind: type, pools: dict[type, list[int]]) -> int:
        """Draw one argument."""
        r = self.random
        if kind is bool:
            return r.randrange(2)
        if issubclass(kind, Choice):
            return 0 if r.random() < 0.5 else r.randrange(len(kind.names))  # noqa: PLR2004 - half the time the first
        pool = pools.get(kind)
        if pool and r.random() < 0.9:  # noqa: PLR2004 - mostly what is there
            return r.choice(pool)
        assert issubclass(kind, Word)
        return min(r.randrange(6), (1 << kind.width) - 1)

    def scripted(self) -> None:
        """Run the scenarios; each end, and some places on the way, is where walks set out."""
        for _, platform, script in SCENARIOS:
            place = Place(platform, PLATFORMS[platform](self.policy.State), [])
            for n, (name, args) in enumerate(script):
                after = self.take(place, name, args)
                if after is None:
                    continue
                place = after
                if len(script) < 200 and n % 8 == 0 and self.novel(place):  # noqa: PLR2004 - not inside a long loop
                    self.corpus.append(place)
            self.novel(place)
            self.corpus.extend([place] * (6 if len(script) < 200 else 1))  # noqa: PLR2004 - large states are slow

    def novel(self, place: Place) -> bool:
        """Say whether no state of this shape was seen yet."""
        shape = []
        for name, part in place.state.shapes().items():
            if isinstance(part, MapShape) and name not in ("roster", "seat", "count", "memory", "frame"):
                points = getattr(place.state, name).points
                fields = [f for f, t in part.record.fields().items() if t is bool or issubclass(t, Choice)]
                cells = {tuple(_flat(getattr(rec, f)) for f in fields) for rec in list(points.values())[:40]}
                shape.append((name, frozenset(cells)))
        mark = hash(tuple(shape))
        fresh = mark not in self.seen
        self.seen.add(mark)
        return fresh

    def walk(self, limit: int) -> tuple[Place, list[Break]] | None:
        """Walk from one kept place; return where a statement broke."""
        place = self.random.choice(self.corpus)
        transitions = list(self.transitions.values())
        weights = self.weights(transitions)
        pools, rows = self.pools(place.state)
        length = misses = 0
        while length < LENGTH and misses < DEAD_END and self.found.tried < limit:
            t = self.random.choices(transitions, weights)[0]
            after = None
            for _ in range(TRIES if t.params else 1):
                after = self.take(place, t.name, self.arguments(t, pools, rows))
                if after is not None:
                    break
            if after is None or after.state is place.state:
                misses += 1
                continue
            broken = self.broken(place, after)
            place, length, misses = after, length + 1, 0
            if broken:
                return place, broken
            if len(self.corpus) < CORPUS and self.novel(place):
                self.corpus.append(place)
            pools, rows = self.pools(place.state)
        self.found.depth = max(self.found.depth, len(place.path))
        return None

    def run(self, limit: int, stop: Callable[[], bool] = lambda: False) -> tuple[Place, list[Break]] | None:
        """Walk until something breaks, or so many steps were tried."""
        self.scripted()
        for place in self.corpus:
            broken = self.broken(place, place)
            if broken:
                return place, broken
        while self.found.tried < limit and not stop():
            hit = self.walk(limit)
            if hit is not None:
                return hit
        return None

    # Making a trace short

    def replays(self, platform: str, path: Taken, goal: Break) -> Taken | None:
        """Run a list of steps, leaving out the refused ones; return what was taken if the last of it breaks the goal."""
        place = before = Place(platform, PLATFORMS[platform](self.policy.State), [])
        for name, args in path:
            after = self.take(place, name, args)
            if after is not None:
                before, place = place, after
        return place.path if self.shows(goal, before, place) else None

    def shows(self, goal: Break, before: Place, place: Place) -> bool:
        """Say whether the last step of a place, or the state it led to, breaks a statement at given keys."""
        if goal.statement.kind == "state":
            return not goal.statement.function(place.state, *goal.keys)
        if not place.path:
            return False
        name, args = place.path[-1]
        return not goal.statement.function(before.state, name, self.typed(self.transitions[name], args), place.state, *goal.keys)

    def broken(self, before: Place, after: Place) -> list[Break]:
        """Return the statements that the last step of a place, or the state it led to, breaks."""
        found = self.checker.broken(after.state)
        if len(after.path) > len(before.path):
            name, args = after.path[-1]
            found += self.checker.broken_by(before.state, name, self.typed(self.transitions[name], args), after.state)
        return [Break(statement, keys) for statement, keys in found]

    def shrink(self, place: Place, goal: Break) -> Taken:
        """Drop steps, in large pieces and then one by one, while the last of them still breaks the goal; within a budget."""
        path = place.path
        size, budget = max(1, len(path) // 2), SHRINK
        while size and budget > 0:
            at = len(path)
            while at > 0 and budget > 0:
                shorter = self.replays(place.platform, path[: max(0, at - size)] + path[at:], goal)
                budget -= len(path)
                if shorter is not None and len(shorter) < len(path):
                    path = shorter
                    at = min(at, len(path))
                else:
                    at -= size
            size //= 2
        return path


def _flat(value: Any) -> int:
    return int(value) if isinstance(value, bool) else int(value.raw)


def search(
    policy: Any,
    clauses: set[str],
    limit: int,
    seed: int,
    focus: list[str] | None = None,
    name: str = "reference",
    digest: str = "",
    stop: Callable[[], bool] = lambda: False,
) -> Found:
    """Look for a run from boot that breaks one of the statements; `limit` counts tried steps."""
    wanted = [s for n, s in CATALOGUE.statements.items() if n in clauses]
    quick = [s for s in wanted if s.area in ("promises", "steps") or s.name in ALSO]
    walker = Walker(policy, quick or wanted, seed, focus)
    hit = walker.run(limit, stop)
    if hit is not None:
        place, quickly = hit
        path = walker.shrink(place, quickly[0])
        also = {s.name for s, _ in Checker(wanted, policy.State).broken(place.state)}
        walker.found.broken = sorted({*(b.statement.name for b in quickly), *also})
        walker.found.trace = make(name, place.platform, path, quickly[0].statement.name, digest, quickly[0].keys)
    return walker.found
