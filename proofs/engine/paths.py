"""Runs: executing a Python function on symbolic words, once for every path through it.

Asking for the truth of a symbolic comparison forks: the run goes on with one answer, and a later re-execution takes the
other. Re-execution must meet the same questions in the same order; if not, the function depends on something outside its
arguments and the result is `Unsupported`. A branch is dropped only when a solver says `unsat`, never because it could not
tell. Any signal of the engine is sticky: a run that raised one is poisoned, whatever caught the exception.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType, FunctionType
from typing import Any, NamedTuple

from proofs.engine.terms import FALSE, TRUE, Node, conj, disj, neg, node
from pymodel.language.outcomes import Reason, Refused
from pymodel.language.steps import Transition
from pymodel.language.truth import Signal, Truth

__all__ = [
    "NOT_COVERED",
    "Path",
    "PathLimit",
    "Run",
    "Unsupported",
    "explore",
    "is_program",
    "own_place",
    "refusals_of",
    "summarise",
    "uncovered",
    "void",
]

#: What a run answered to the questions that it met.
Answers = list[tuple[Node, bool]]
#: Why nothing is said of a function some of whose cases are on no path.
NOT_COVERED = "the solver does not prove that the paths found, with the refusals on them, are all that it can do"
#: Where the model's own classes stand; policies stand elsewhere, the zoo's too.
MODEL = ("pymodel.hypervisor.", "pymodel.machine.")
#: Paths of one function before the engine gives up with `unknown`.
PATH_LIMIT = 2048
#: Paths that are followed without asking a solver whether they are feasible.
FREE_PATHS = 24
#: Branches along one path.
DEPTH_LIMIT = 2000


class Asked(NamedTuple):
    """A question on a path: what was known when it was asked, the reason of a guard, and where that stands.

    `where` are functions with the line that each had come to, from the step's own inwards; `number` is how many conditions of
    the path come before.
    """

    known: Node
    fact: Node
    reason: Any = None
    where: tuple[tuple[str, int], ...] = ()
    number: int = 0


class PathLimit(Signal):
    """A function has more paths than the stated limit."""


class Unsupported(Signal):
    """The engine cannot run this program faithfully."""


@dataclass
class Path:
    """One path: its condition, what came out, and the keys that were read on it."""

    condition: Node
    outcome: str
    value: Any
    reads: dict[Any, None]
    refusals: list[tuple[Node, Any]] = field(default_factory=list)
    excluded: list[Node] = field(default_factory=list)
    """Where something that was assumed on the way does not hold; the path, and its refusals, lie elsewhere."""
    answers: list[tuple[str, Any]] = field(default_factory=list)
    """The decisions that were arbitrary on the way, each with its answer."""
    elsewhere: dict[str, None] = field(default_factory=dict)
    """The decisions that were asked of a state which the step had changed."""
    asked: list[Asked] = field(default_factory=list, repr=False, compare=False)
    """What the step asked on the way, forks and guards, in order."""
    conditions: list[Node] = field(default_factory=list, repr=False, compare=False)
    """What its condition joins, in order."""
    goals: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """What statements say after this path, as far as it was asked, by whoever asked."""


class Run:
    """One execution with a prefix of decided answers."""

    def __init__(self, prefix: Answers, feasible: Callable[[Node], bool] | None, base: Node) -> None:
        """Start a run; `feasible` says False only for a condition that is proved unsatisfiable."""
        self.prefix, self.feasible = prefix, feasible
        self.outer: Run | None = Node.current
        self.position = 0
        self.conditions: list[Node] = [base]
        self.known: dict[int, bool] = {}
        self.more: list[Answers] = []
        self.reads: dict[Any, None] = {}
        self.refusals: list[tuple[Node, Any]] = []
        self.excluded: list[Node] = []
        self.answers: list[tuple[str, Any]] = []
        self.elsewhere: dict[str, None] = {}
        self.questions: list[tuple[int, Node, Any, tuple[tuple[str, int], ...]]] = []
        self.signal: Signal | None = None
        self.taken: Answers = []

    def noted(self) -> tuple[Any, ...]:
        """Return what a path has of its run."""
        asked = [Asked(conj(self.conditions[:n]), fact, reason, where, n) for n, fact, reason, where in self.questions]
        return self.reads, self.refusals, self.excluded, self.answers, self.elsewhere, asked, self.conditions

    def poison(self, signal: Signal) -> None:
        """Remember a signal; the run's result is void from here on."""
        self.signal = self.signal or signal

    def learn(self, condition: Node) -> None:
        """Add a condition to the path."""
        self.conditions.append(condition)
        for part in condition.args if condition.op == "and" and condition.width == 0 else (condition,):
            if part.op == "not":
                self.known[part.args[0].number] = False
            else:
                self.known[part.number] = True

    def assume(self, fact: Node) -> None:
        """Go on under `fact`, and note what is left out."""
        self.excluded.append(conj([*self.conditions, neg(fact)]))
        self.learn(fact)

    def branch(self, question: Node) -> bool:
        """Answer a question: as decided in the prefix, as implied, or both ways."""
        asked = question
        flip = asked.op == "not"
        if flip:
            asked = asked.args[0]
        if asked.number in self.known:
            return self.known[asked.number] != flip
        if self.position < len(self.prefix):
            expected, answer = self.prefix[self.position]
            if expected is not asked:
                signal = Unsupported("the program asked another question when run again: it depends on hidden state")
                self.poison(signal)
                raise signal
        else:
            answer = self._decide(asked)
        self.position += 1
        if self.position > DEPTH_LIMIT:
            limit = PathLimit(f"more than {DEPTH_LIMIT} branches on one path")
            self.poison(limit)
            raise limit
        self.taken.append((asked, answer))
        self.questions.append((len(self.conditions), asked, None, ()))
        self.learn(asked if answer else neg(asked))
        return answer != flip

    def _decide(self, asked: Node) -> bool:
        if self.feasible is not None:
            here = conj(self.conditions)
            if not self.feasible(conj([here, asked])):
                return False
            if not self.feasible(conj([here, neg(asked)])):
                return True
        self.more.append([*self.taken, (asked, False)])
        return True

    def require(self, fact: Node, reason: Reason) -> None:
        """Go on under `fact`; the step is refused for `reason` elsewhere."""
        self.refusals.append((conj([*self.conditions, neg(fact)]), one_reason(reason)))
        self.questions.append((len(self.conditions), fact, reason, lines_to_here()))
        if self.known.get(fact.number) is False:
            raise Refused(reason)
        self.learn(fact)


def lines_to_here() -> tuple[tuple[str, int], ...]:
    """Return the functions of the program that led to the guard under way, each with its line, outermost first."""
    out = list[tuple[str, int]]()
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to the callers
    while frame is not None and frame.f_code not in (_execute.__code__, Transition.__call__.__code__):
        if is_program(str(frame.f_globals.get("__name__"))):
            out.append((frame.f_code.co_qualname, frame.f_lineno))
        frame = frame.f_back
    return tuple(reversed(out))


def is_program(module: str) -> bool:
    """Say whether a module is of what is run, and not of the language that it is written in, nor of what runs it."""
    return not module.startswith(("proofs.", "pymodel.language."))


def explore(
    function: Callable[[], Any],
    base: Node = TRUE,
    feasible: Callable[[Node], bool] | None = None,
    limit: int = PATH_LIMIT,
    free: int = FREE_PATHS,
    taken: list[Answers] | None = None,
) -> Iterator[Path]:
    """Run a function over every path; yields what each path returned, or the `Refused` that it raised.

    Other exceptions of the program come out as paths with outcome "error". Signals come out as `Signal`. What each run
    answered is added to `taken`.
    """
    work: list[Answers] = [[]]
    count = 0
    while work:
        count += 1
        if count > limit:
            raise void(PathLimit(f"more than {limit} paths"))
        run = Run(work.pop(), feasible if count > free else None, base)
        before, Node.current = Node.current, run
        try:
            outcome, value = _execute(function)
        finally:
            Node.current = before
        if run.signal is not None:
            if before is not None:
                before.poison(run.signal)
            raise run.signal
        work.extend(run.more)
        if taken is not None:
            taken.append(run.taken)
        condition = conj(run.conditions)
        if condition is not FALSE:
            yield Path(condition, outcome, value, *run.noted())
        elif run.refusals or run.excluded:
            yield Path(condition, "impossible", None, *run.noted())


def _execute(function: Callable[[], Any]) -> tuple[str, Any]:
    try:
        return "ok", function()
    except Refused as refused:
        return "refused", one_reason(refused.reason)
    except Exception as error:  # noqa: BLE001 - any exception of a policy is a result to report
        return "error", error


def one_reason(reason: Reason) -> Reason:
    """Return a reason that is one; one that depends on the state would tell what it depends on, on a path that is not its own."""
    if not reason.is_concrete:
        raise void(Unsupported("the reason of a refusal is chosen by a condition: choose between refusals, with `if`"))
    return reason


def uncovered(paths: list[Path]) -> Node:
    """Return the condition of the cases that no path, no refusal and no assumption accounts for; it cannot hold."""
    refused = [condition for p in paths for condition, _ in p.refusals]
    return neg(disj([*(p.condition for p in paths), *refused, *(e for p in paths for e in p.excluded)]))


def void(signal: Signal) -> Signal:
    """Poison the run under way with a signal that is about to be raised."""
    if Node.current is not None:
        Node.current.poison(signal)
    return signal


def truth_of(value: Any) -> Node:
    """Return the term of a truth value that a program returned."""
    if isinstance(value, Truth):
        return node(value.term, 0)
    if isinstance(value, bool):
        return TRUE if value else FALSE
    raise void(Unsupported(f"expected a truth value, got {type(value).__name__}"))


def is_whole(taken: list[Answers]) -> bool:
    """Say whether runs account for both answers to each question that they met."""
    if not taken or not all(taken):
        return len(taken) == 1
    asked = taken[0][0][0]
    rest = ([answers[1:] for answers in taken if answers[0][1] is answer] for answer in (True, False))
    return all(answers[0][0] is asked for answers in taken) and all(map(is_whole, rest))


def summarise(function: Callable[..., bool], *args: Any) -> Node:
    """Return one formula for a pure function with a truth value; its reads count as reads of the run under way.

    Raises `PathLimit` past the path limit, and `Unsupported` if the function raises.
    """
    outer = Node.current
    parts: list[Node] = []
    taken: list[Answers] = []
    for path in explore(lambda: function(*args), limit=256, free=256, taken=taken):
        if path.outcome != "ok" or path.refusals:
            raise void(Unsupported(f"a pure function ended with {path.outcome}: {path.value!r}, or may be refused"))
        if outer is not None:
            outer.reads.update(path.reads)
            outer.elsewhere.update(path.elsewhere)
        parts.append(conj([path.condition, truth_of(path.value)]))
    if not is_whole(taken):
        raise void(Unsupported(NOT_COVERED))
    return disj(parts)


def own_place(policy: Any, step: Any, error: BaseException) -> str:
    """Return file and line of the policy's text that raised an exception or called what did; the step's place if none did.

    Where only the whole step was too much, and the step is the reference's, it is the first method that the policy overrides.
    """
    classes = [cls for cls in type(policy).__mro__ if not f"{cls.__module__}.".startswith(MODEL) and cls is not object]
    codes = [f.__code__ for cls in classes for f in vars(cls).values() if isinstance(f, FunctionType)]
    own = sorted((code.co_filename, code.co_firstlineno) for code in codes)
    files = {file for file, _ in own}
    places = [(f.filename, f.lineno or 0) for f in traceback.extract_tb(error.__traceback__)]
    theirs = [place for place in places if place[0] in files] or [place for place in places if place[0] == step.file]
    if not theirs and own and step.file not in files:
        theirs = own[:1]
    file, line = theirs[-1] if theirs else (step.file, step.line)
    return f"{file}:{line}"


def refusals_of(paths: list[Path]) -> list[Path]:
    """Return one path for each reason for which a step is refused on some paths."""
    found: dict[str, tuple[Any, list[Node]]] = {}
    for p in paths:
        for condition, reason in [*p.refusals, *([(p.condition, p.value)] if p.outcome == "refused" else [])]:
            found.setdefault(repr(reason), (reason, []))[1].append(condition)
    reads = {r: None for p in paths for r in p.reads}
    return [Path(disj(conditions), "refused", reason, reads) for reason, conditions in found.values()]
