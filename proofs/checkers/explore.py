"""The search for a run from boot that breaks a promise: rich states first, then steps at random with sensible arguments.

Scripted scenarios bring the machine into rich states under the policy at hand. From them walks set out: each step is drawn
by weight, each argument from what the state already mentions or from what such a step was given before, so that things
collide. States whose shape is new are kept as further starting points, and so are those in which a step did what the
reference would not have done. Everything is drawn from one seed and counted in steps, so a search can be repeated.
"""

from __future__ import annotations

import contextlib
import dis
import inspect
import random
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any

from proofs.checkers.concrete import Checker, changed_keys
from proofs.checkers.scenarios import SCENARIOS
from proofs.checkers.traces import make
from proofs.theorems import CATALOGUE, Statement
from pymodel import outcomes, transitions
from pymodel.hardware import ids
from pymodel.hypervisor import Hypervisor
from pymodel.machine import steps
from pymodel.outcomes import Reason, Refused
from pymodel.platforms import PLATFORMS
from pymodel.state import MapShape
from pymodel.transitions import Transition
from pymodel.words import Choice, Word

__all__ = ["CHANGED_NOTHING", "Break", "Changed", "Found", "Place", "Walker", "touched", "traced", "walker_of"]

Taken = list[tuple[str, dict[str, int]]]
#: Steps of one walk that were not refused.
LENGTH = 14
#: Arguments drawn for one step before another step is drawn, and steps without success before a walk ends.
TRIES, DEAD_END = 12, 40
#: Kept starting points; those where a policy did what the reference would not; arguments kept of each step that succeeded.
CORPUS, DEVIATING, KNOWN = 400, 120, 24
#: How much more often the steps are tried whose code is not the reference's, and arguments tried of each at each place at first.
TOUCHED, PROBES = 5.0, 25
#: The share of such steps among all that are tried; so many of them are few; then what writes what they read helps.
SHARE, FEW, HELPS = 0.3, 12, 2.0
#: A script that is longer holds a loop over a table; the share of the other statements looked at where a walk ends.
LONG, SAMPLE = 200, 0.2
#: Parts of the state that nearly every step reads or writes.
COMMON = frozenset({"vm", "memory", "frame", "roster", "seat", "count"})
#: How far a number may lie from one that the state mentions.
NEAR = (-0x200, -2, -1, 1, 2, 5, 0x1FF, 0x200, 0x400)
#: Tried steps of the first look at all places.
FIRST = 30_000
#: Points of a map that share one record, and points at all, that arguments are drawn from.
ALIKE, POINTS = 6, 60
#: The name under which a step that was refused, or raised, and still changed something is reported.
CHANGED_NOTHING = "a_refused_step_changes_nothing"
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


_HERE, _OUTCOMES, _TRANSITIONS = __file__, outcomes.__file__, transitions.__file__


class Changed(Exception):  # noqa: N818 - says what happened
    """A step changed the state that it was given; `place` is where the step leads from, with the step."""

    place: Any = None


def named(code: CodeType) -> tuple[set[str], set[str]]:
    """Return the names that code mentions, and those of them that it looks up in its `self`."""
    names, own, previous = set(code.co_names), set(), None
    for instruction in dis.get_instructions(code):
        if instruction.argval in names and previous is not None and previous.opname.startswith(("LOAD_FAST", "LOAD_DEREF")):
            loaded = previous.argval if isinstance(previous.argval, tuple) else (previous.argval,)
            own |= {str(instruction.argval)} if loaded[-1] == "self" else set()
        previous = instruction
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found = named(inner)
            names, own = names | found[0], own | found[1]
    return names, own


def mentioned(function: Any, owner: Any = None) -> tuple[set[str], set[str]]:
    """Return the same for a function and all that it calls; `owner` is the class of its `self`."""
    names, own, seen = set[str](), set[str](), set[CodeType]()
    todo = [function]
    while todo:
        one = todo.pop()
        one = inspect.unwrap(getattr(one, "__func__", one))
        if one.__code__ in seen:
            continue
        seen.add(one.__code__)
        used, through_self = named(one.__code__)
        names, own = names | used, own | through_self
        things = [one.__globals__[n] for n in used if n in one.__globals__]
        targets = [*things, *(getattr(t, n, None) for t in things for n in used if not isinstance(t, FunctionType))]
        targets += [getattr(owner, n, None) for n in through_self]
        todo += [f for f in targets if isinstance(getattr(f, "__func__", f), FunctionType)]
    return names, own


def touched(policy: Any) -> set[str]:
    """Return the steps of a policy whose code, or code that they use, is not the reference's."""
    cls = type(policy)
    own = {n for n in dir(cls) if not n.startswith("__") and getattr(cls, n) is not getattr(Hypervisor, n, None)}
    ours = [t for t in steps(policy) if t.actor == "hypervisor"]
    return {t.name for t in ours if t.name in own or own & mentioned(t.function, cls)[1]}


def refusal(error: BaseException) -> tuple[Any, tuple[int, ...], tuple[str, int] | None]:
    """Return why a step was refused, how far it had come (lines, outermost first), and where, if in the reference's code."""
    lines, where, trace = list[int](), None, error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file not in (_HERE, _OUTCOMES, _TRANSITIONS):
            lines.append(trace.tb_lineno)
            where = (file, trace.tb_lineno)
        trace = trace.tb_next
    return getattr(error, "reason", None), tuple(lines), where if where and "hypervisor" in where[0] else None


class Walker:
    """Walks of one policy's machine."""

    def __init__(
        self,
        policy: Any,
        statements: list[Statement],
        seed: int,
        focus: list[str] | None = None,
        rest: list[Statement] | None = None,
    ) -> None:
        """Take the statements to look at after every step, and the `rest` that is looked at now and then; weigh the steps."""
        self.policy = policy
        self.random = random.Random(seed)  # noqa: S311 - a repeatable search, not a secret
        self.transitions = {t.name: t for t in steps(policy)}
        self.checker = Checker(statements, policy.State)
        self.rest = Checker(rest or [], policy.State)
        shapes = policy.State.shapes()
        self.reads = {st.name: mentioned(st.function)[0] & set(shapes) for st in [*statements, *(rest or [])]}
        self.focus = set(focus or ())
        self.found = Found()
        self.denial: tuple[Place, list[Break]] | None = None
        self.seen: set[int] = set()
        self.corpus: list[Place] = []
        self.constants = self._constants()
        self.known: dict[str, list[dict[str, int]]] = {}
        self.mentions: dict[str, tuple[Any, dict[type, dict[int, None]], list[dict[type, int]]]] = {}
        self.touched = touched(policy)
        self.reference = {t.name: t for t in steps(Hypervisor())} if self.touched else {}
        self.deviating: dict[str, list[Place]] = {}
        self.near: dict[str, list[Place]] = {}
        self.furthest: dict[str, tuple[int, ...]] = {}
        self.frontier: dict[str, list[Place]] = {}
        self.writes: dict[str, set[str]] = {}
        parts = set(shapes) - COMMON
        self.needs = {n: mentioned(self.transitions[n].function, type(policy))[0] & parts for n in self.touched}

    def _constants(self) -> dict[type, list[int]]:
        out: dict[type, list[int]] = {ids.Vm: [2, 3, 4], ids.Rights: [1, 2, 3], ids.Ticket: [0], ids.Index: [0, 1]}
        out[ids.Page] = [0, 1, 2, 0x200]
        out[ids.Asid] = [0]
        out[ids.Count] = [0]
        out[ids.AddressWidth] = [32, 64]
        return out

    def weights(self, transitions: list[Transition]) -> list[float]:
        """Return how often each step is tried."""
        often = max(TOUCHED, SHARE * len(transitions) / max(1, len(self.touched)))
        needs = set[str]().union(*self.needs.values()) if len(self.touched) <= FEW else set[str]()
        out = []
        for t in transitions:
            own, helps = t.name in self.touched or t.name in self.focus, bool(self.writes.get(t.name, set()) & needs)
            out.append((often if own else HELPS if helps else 1.0) * (0.15 if t.name in RARE and not helps else 1.0))
        return out

    # Taking steps

    def take(self, place: Place, name: str, args: dict[str, int]) -> Place | None:
        """Take a step from a place, or return None if it is refused; an exception of the policy is a finding."""
        transition = self.transitions.get(name)
        if transition is None or set(transition.params) != set(args):
            return None
        self.found.tried += 1
        try:
            after = self.taken(transition, place.state, self.typed(transition, args))
        except Refused as refused:
            if name in self.touched:
                self.nearly(place, transition, args, refused)
            self.deny(place, transition, args, refused.reason)
            return None
        except Changed as changed:
            changed.place = Place(place.platform, place.state, [*place.path, (name, args)])
            raise
        except Exception as error:  # noqa: BLE001 - whatever a policy raises is what we look for
            self.found.error = f"{transition.file}:{transition.line} {name}: {error!r}"
            return None
        self.found.steps += 1
        self.found.successes[name] = self.found.successes.get(name, 0) + 1
        return Place(place.platform, after, [*place.path, (name, args)])

    def nearly(self, place: Place, transition: Transition, args: dict[str, int], refused: Refused) -> None:
        """Keep a place where a step came further than ever before it was refused, or where the reference refuses elsewhere."""
        name = transition.name
        reason, reach, where = refusal(refused)
        best = self.furthest.get(name, ())
        if reach > best:
            self.furthest[name], self.frontier[name] = reach, []
        if reach >= best:
            self.keep(self.frontier, name, place)
        reference = self.reference.get(name)
        if reference is None or where is None or reference.params != transition.params:
            return
        try:
            reference(place.state, **self.typed(reference, args))
        except Refused as other:
            why = refusal(other)
            if (reason, where) != (why[0], why[2]):
                self.keep(self.near, name, place)
                self.learn(name, args)
        except Exception:  # noqa: BLE001 - a state that the reference cannot read
            return

    def deny(self, place: Place, transition: Transition, args: dict[str, int], reason: Reason) -> None:
        """Keep the first refusal that breaks a statement: the place that leads up to it and on through the refused step."""
        if reason.__class__ is not Reason:
            self.found.error = f"{transition.file}:{transition.line} {transition.name}: refused for {reason!r}, which is no Reason"
        elif self.denial is None:
            about = (place.state, transition.name, self.typed(transition, args), reason)
            broken = [Break(st, ()) for c in (self.checker, self.rest) for st in c.broken_by_refusal(*about)]
            if broken:
                self.denial = Place(place.platform, place.state, [*place.path, (transition.name, args)]), broken

    def reason(self, place: Place, name: str, args: dict[str, int]) -> Reason | None:
        """Return why a step is refused at a place, or None if it is not."""
        try:
            self.taken(self.transitions[name], place.state, self.typed(self.transitions[name], args))
        except Refused as refused:
            return refused.reason
        except Exception:  # noqa: BLE001 - a policy that raises refuses nothing
            return None
        return None

    def keep(self, places: dict[str, list[Place]], name: str, place: Place) -> None:
        """Keep a place under a name, in the stead of another one if there are many."""
        kept = places.setdefault(name, [])
        if any([p.state is place.state for p in kept[-3:]]):
            return
        if len(kept) >= DEVIATING:
            kept[self.random.randrange(DEVIATING)] = place
        else:
            kept.append(place)

    @staticmethod
    def taken(transition: Transition, state: Any, typed: dict[str, Any]) -> Any:
        """Take a step; raise `Changed` if the state that it was given is no longer what it was, refused or not."""
        parts = dict(state.__dict__)
        points = [getattr(p, "points", None) for p in parts.values()]
        try:
            after = transition(state, **typed)
            if after.__class__ is not state.__class__:
                raise TypeError(f"a step returns a state, not {type(after).__name__}")
            return after
        finally:
            now = state.__dict__
            same = len(now) == len(parts) and all([now.get(n) is p for n, p in parts.items()])
            if not same or any([getattr(p, "points", None) is not q for p, q in zip(parts.values(), points, strict=True)]):
                raise Changed(transition.name)

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
            points = getattr(state, name).points
            kept = self.mentions.get(name)
            if kept is None or kept[0] is not points:
                kept = self.mentions[name] = (points, *_mentions(shape, points))
            for t, values in kept[1].items():
                pools.setdefault(t, {}).update(values)
            rows += kept[2]
        return {t: list(values) for t, values in pools.items()}, rows

    def arguments(self, t: Transition, pools: dict[type, list[int]], rows: list[dict[type, int]]) -> dict[str, int]:
        """Draw arguments; mostly some of them from one row of the state, so that they fit together."""
        row = self.random.choice(rows) if rows and self.random.random() < 0.7 else {}  # noqa: PLR2004 - mostly
        return {n: row[k] if k in row else self.draw(k, pools) for n, k in t.params.items()}

    def guess(self, t: Transition, pools: dict[type, list[int]], rows: list[dict[type, int]]) -> dict[str, int]:
        """Draw arguments; as often as not those with which the step succeeded before, up to three of them drawn again."""
        fresh = self.arguments(t, pools, rows)
        kinds = list(t.params.values())
        for n, k in t.params.items():
            if kinds.count(k) > 1 and self.random.random() < 0.5:  # noqa: PLR2004 - a row would make them all equal
                fresh[n] = self.draw(k, pools)
        known = self.known.get(t.name)
        if not known or self.random.random() < 0.4:  # noqa: PLR2004 - as often as not
            return fresh
        again = self.random.sample(list(fresh), min(len(fresh), self.random.choice((0, 1, 1, 2, 3))))
        return {**self.random.choice(known), **{n: fresh[n] for n in again}}

    def learn(self, name: str, args: dict[str, int]) -> None:
        """Keep arguments with which a step succeeded."""
        known = self.known.setdefault(name, [])
        if args not in known:
            if len(known) >= KNOWN:
                known.pop(self.random.randrange(KNOWN))
            known.append(args)

    def draw(self, kind: type, pools: dict[type, list[int]]) -> int:
        """Draw one argument."""
        r = self.random
        if kind is bool:
            return r.randrange(2)
        if issubclass(kind, Choice):
            return 0 if r.random() < 0.5 else r.randrange(len(kind.names))  # noqa: PLR2004 - half the time the first
        assert issubclass(kind, Word)
        pool = pools.get(kind)
        if pool and r.random() < 0.9:  # noqa: PLR2004 - mostly what is there
            return r.choice(pool) if r.random() < 0.9 else (r.choice(pool) + r.choice(NEAR)) % (1 << kind.width)  # noqa: PLR2004
        return min(r.randrange(6), (1 << kind.width) - 1)

    def scripted(self) -> None:
        """Run the scenarios; each end, and some places on the way, is where walks set out."""
        taken: dict[Any, Place | None] = {}
        on = {name: Place(name, power_on(self.policy.State), []) for name, power_on in PLATFORMS.items()}
        for _, platform, script in SCENARIOS:
            place = on[platform]
            for n, (name, args) in enumerate(script):
                key = (id(place), name, *args.items())
                if key not in taken:  # scenarios begin alike
                    taken[key] = self.scripted_step(place, name, args, keep=len(script) < LONG and n % 8 == 0)
                place = taken[key] or place
            self.novel(place)
            self.corpus.extend([place] * (6 if len(script) < LONG else 1))  # large states are slow

    def scripted_step(self, place: Place, name: str, args: dict[str, int], *, keep: bool) -> Place | None:
        """Take a step of a scenario, and learn from it."""
        after = self.take(place, name, args)
        if after is None:
            return None
        self.learn(name, args)
        changed = {n for n in after.state.shapes() if getattr(after.state, n) is not getattr(place.state, n)}
        self.writes.setdefault(name, set()).update(changed - COMMON)
        self.compare(place, after)
        if keep and self.novel(after):
            self.corpus.append(after)
        return after

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

    def compare(self, before: Place, after: Place) -> bool:
        """Keep a place as a starting point if the reference would have refused the step there, or done something else."""
        name, args = after.path[-1]
        if name not in self.touched:
            return False
        reference = self.reference.get(name)
        if reference is not None and reference.params == self.transitions[name].params:
            with contextlib.suppress(Exception):  # refused, or a state that the reference cannot read
                if same(after.state, reference(before.state, **self.typed(reference, args))):
                    return False
        self.keep(self.deviating, name, after)
        return True

    def start(self) -> tuple[Place, str]:
        """Draw where a walk sets out, more often than not where the policy did what the reference would not; and why there."""
        for places, chance in ((self.deviating, 0.5), (self.near, 0.4), (self.frontier, 0.5)):
            if places and self.random.random() < chance:
                name = self.random.choice(list(places))
                return self.random.choice(places[name]), "" if places is self.deviating else name
        return self.random.choice(self.corpus), ""

    def walk(self, limit: int) -> tuple[Place, list[Break]] | None:
        """Walk from one kept place; return where a statement broke."""
        place, aim = self.start()
        transitions = list(self.transitions.values())
        weights = self.weights(transitions)
        misses = 0
        trail = [place]
        while len(trail) <= LENGTH and misses < DEAD_END and self.found.tried < limit:
            aimed = bool(aim) and self.random.random() < 0.25  # noqa: PLR2004 - a step or three between two tries
            t = self.transitions[aim] if aimed else self.random.choices(transitions, weights)[0]
            after = self.attempt(place, t, TRIES if t.params else 1)
            if self.denial is not None:
                return self.denial
            if after is None or after.state is place.state:
                misses += 1
                continue
            broken = self.changed(place, after)
            self.compare(place, after)
            place, misses = after, 0
            trail.append(place)
            if broken:
                return place, broken
            if len(self.corpus) < CORPUS and self.novel(place):
                self.corpus.append(place)
        self.found.depth = max(self.found.depth, len(place.path))
        return self.looked(trail, 1.0 if self.away(trail[-1]) else SAMPLE)

    def away(self, place: Place) -> bool:
        """Say whether the policy did what the reference would not shortly before a place."""
        return any(p.path[-1] is step for step in place.path[-LENGTH:] for p in self.deviating.get(step[0], ()))

    def attempt(self, place: Place, t: Transition, tries: int) -> Place | None:
        """Try a step with several arguments; return where it led."""
        pools, rows = self.pools(place.state)
        for _ in range(tries):
            args = self.guess(t, pools, rows)
            after = self.take(place, t.name, args)
            if after is not None:
                self.learn(t.name, args)
                return after
        return None

    def looked(self, trail: list[Place], share: float = 1.0) -> tuple[Place, list[Break]] | None:
        """Look at a share of the other statements where a walk ended; what broke is looked for from its first place on."""
        first, last = trail[0].state, trail[-1].state
        some = self.rest if share == 1.0 else self.sample(share)
        broken = [st for st, _ in self.differing(some, first, last)]
        for place in trail if broken else []:
            hit = [Break(st, keys) for st in broken for _, keys in self.rest.only(st).broken(place.state)]
            if hit:
                return place, hit
        return None

    def sample(self, share: float) -> Checker:
        """Return a checker of some of the other statements."""
        some = copy(self.rest)
        some.plans = [plan for plan in self.rest.plans if self.random.random() < share]
        return some

    def differing(self, checker: Checker, before: Any, after: Any) -> list[tuple[Statement, Any]]:
        """Return the statements that fail of a state; only what reads a part in which it is not the state before is looked at."""
        parts = {n for n in after.shapes() if getattr(before, n) is not getattr(after, n)}
        return [hit for st, _ in checker.plans if self.reads[st.name] & parts for hit in checker.only(st).broken(after)]

    def changed(self, before: Place, after: Place) -> list[Break]:
        """Return the quick statements that a step breaks, if all held before it."""
        name, args = after.path[-1]
        found = self.differing(self.checker, before.state, after.state)
        found += self.checker.broken_by(before.state, name, self.typed(self.transitions[name], args), after.state)
        return [Break(statement, keys) for statement, keys in found]

    def prepare(self, stop: Callable[[], bool] = lambda: False) -> tuple[Place, list[Break]] | None:
        """Run the scenarios, and try the steps that are not the reference's at each place; return where something broke."""
        self.scripted()
        if self.denial is not None:
            return self.denial
        odd = [p for kept in self.deviating.values() for p in kept]
        places = list({id(p): p for p in [*self.corpus, *odd]}.values())
        strange = {id(p) for p in odd}
        for place in places:
            if id(place) in strange or not self.touched:
                broken = self.broken(place, place) + [Break(st, keys) for st, keys in self.rest.broken(place.state)]
            else:
                broken = self.broken(place, place) if len(place.path) < LONG else []
            if broken:
                return place, broken
            if stop():
                return None
        return self.probe(places, stop)

    def probe(self, places: list[Place], stop: Callable[[], bool]) -> tuple[Place, list[Break]] | None:
        """Try the steps that are not the reference's at each place; return where something broke."""
        pairs = [(p, t) for p in places for t in self.transitions.values() if t.name in self.touched]
        self.random.shuffle(pairs)
        limit = self.found.tried + FIRST
        for place, t in pairs:
            if self.found.tried > limit or stop():
                break
            after = self.attempt(place, t, PROBES)
            if self.denial is not None:
                return self.denial
            if after is not None:
                self.compare(place, after)
                broken = self.changed(place, after)
                hit = (after, broken) if broken else self.looked([place, after])
                if hit is not None:
                    return hit
        return None

    def run(self, limit: int, stop: Callable[[], bool] = lambda: False) -> tuple[Place, list[Break]] | None:
        """Walk until something breaks, or so many steps were tried."""
        hit = self.prepare(stop) if not self.corpus else None
        while hit is None and self.found.tried < limit and not stop():
            hit = self.walk(limit)
        return hit

    # Making a trace short

    def replays(self, platform: str, path: Taken, goal: Break) -> Taken | None:
        """Run a list of steps, leaving out the refused ones; return what was taken if the last of it breaks the goal.

        Where a refusal is the goal the last step stays, since it is the one that is refused.
        """
        refused = path[-1:] if goal.statement.kind == "refusal" else []
        place = before = Place(platform, PLATFORMS[platform](self.policy.State), [])
        for name, args in path[: len(path) - len(refused)]:
            after = self.take(place, name, args)
            if after is not None:
                before, place = place, after
        if refused:
            before, place = place, Place(platform, place.state, [*place.path, *refused])
        return place.path if self.shows(goal, before, place) else None

    def shows(self, goal: Break, before: Place, place: Place) -> bool:
        """Say whether the last step of a place, its refusal, or the state it led to, breaks a statement at given keys."""
        if goal.statement.of_one_state:
            return not goal.statement.function(place.state, *goal.keys)
        if not place.path:
            return False
        name, args = place.path[-1]
        outcome = self.reason(before, name, args) if goal.statement.kind == "refusal" else place.state
        typed = self.typed(self.transitions[name], args)
        return outcome is not None and not goal.statement.function(before.state, name, typed, outcome, *goal.keys)

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


def _mentions(shape: MapShape, points: Any) -> tuple[dict[type, dict[int, None]], list[dict[type, int]]]:
    """Return what the points of one map mention; only so many of those that share a record."""
    fields = [(f, t) for f, t in shape.record.fields().items() if t is not bool]
    pools: dict[type, dict[int, None]] = {}
    rows: list[dict[type, int]] = []
    alike: dict[int, int] = {}
    for raw, record in points.items():
        alike[id(record)] = alike.get(id(record), 0) + 1
        if alike[id(record)] > ALIKE:
            continue
        row: dict[type, int] = dict(zip(shape.keys, raw, strict=True))
        for t, v in zip(shape.keys, raw, strict=True):
            pools.setdefault(t, {})[v] = None
        for f, t in fields:
            value = getattr(record, f).raw
            pools.setdefault(t, {})[value] = None
            row.setdefault(t, value)
        rows.append(row)
        if len(rows) > POINTS:  # a large leaf's pieces say nothing new
            break
    return pools, rows


def same(a: Any, b: Any) -> bool:
    """Say whether two states that came of one state are equal."""
    for name, shape in a.shapes().items():
        mine, theirs = getattr(a, name), getattr(b, name)
        if not isinstance(shape, MapShape):
            if mine is not theirs and mine != theirs:
                return False
            continue
        words = changed_keys(mine, theirs)
        if any([mine[k if len(k) > 1 else k[0]] != theirs[k if len(k) > 1 else k[0]] for k in words]):
            return False
    return True


def _flat(value: Any) -> int:
    return int(value) if isinstance(value, bool) else int(value.raw)


def walker_of(policy: Any, clauses: set[str], seed: int, focus: list[str] | None = None) -> Walker:
    """Return a walker that looks at the promises after every step, and at the rest of the statements now and then."""
    wanted = [s for n, s in CATALOGUE.statements.items() if n in clauses]
    quick = [s for s in wanted if s.area in ("promises", "steps") or s.name in ALSO]
    return Walker(policy, quick, seed, focus, [s for s in wanted if s not in quick])


def traced(walker: Walker, place: Place, broken: list[Break], name: str, digest: str) -> dict[str, Any]:
    """Return the shortened trace to a place at which something broke."""
    goal = broken[0]
    return make(name, place.platform, walker.shrink(place, goal), goal.statement.name, digest, goal.keys)
