"""Asks Apalache's server what a plain run is asked: every sequence of transitions, level by level, as far as the length.

A plain run joins the transitions of a step; the server takes them one by one. That suits short questions, as those about
an inductive invariant are. Whatever the server does not answer clearly is asked of a plain run, and the user is told.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from proofs.tla.engines import apalache
from proofs.tla.engines.apalache import Ask, Question
from proofs.tla.engines.apalache_output import EMPTY, EXPLAINED
from proofs.tla.engines.process import Canceller
from proofs.tla.engines.server import LostError, NoAnswerError, Server, TimeUpError, started
from proofs.tla.modules import needed
from proofs.tla.results import Answer, Outcome
from proofs.tla.trace import ItfError, Trace, from_itf

__all__ = ["served"]

ENGINE = "Apalache's server"
#: So many sequences of transitions, of one length, are asked about one by one.
MOST = 200
UNDECIDED = "the solver gave up: it neither holds nor fails"
OnProgress = Callable[[dict[str, int]], None]
T = TypeVar("T")


@contextmanager
def served(  # noqa: PLR0913, PLR0917 - what a run needs
    program: Path,
    say: Callable[[str], None],
    share: int = 1,
    canceller: Canceller | None = None,
    on_progress: OnProgress = lambda _: None,
) -> Iterator[Ask]:
    """Yield what asks questions about one specification through one server, which starts with the first and ends on leaving."""
    with ExitStack() as stack:
        yield _Asker(program, say, share, canceller or Canceller(), on_progress, stack).ask


@dataclass
class _Asker:
    """Asks the server, and makes a plain run where it gives no answer; `off` is set when it is gone for good."""

    program: Path
    say: Callable[[str], None]
    share: int
    canceller: Canceller
    on_progress: OnProgress
    stack: ExitStack
    server: Server | None = None
    off: bool = False

    def ask(self, question: Question, left: float | None) -> Answer:
        began = time.monotonic()
        deadline = began + (float("inf") if left is None else left)
        if not self.off:
            try:
                return self._through_server(question, deadline).ended(seconds=time.monotonic() - began)
            except TimeUpError:
                seconds = time.monotonic() - began
                return Answer(Outcome.TIMEOUT, ENGINE, "the time was up", seconds=seconds)
            except NoAnswerError as error:
                self._give_up(error)
        rest = None if left is None else max(deadline - time.monotonic(), 0.01)
        return apalache.ask(self.program, question, rest, self.share, self.canceller, self.on_progress)

    def _through_server(self, question: Question, deadline: float) -> Answer:
        if self.server is None:
            start = started(self.program, question.spec, question.cinit, deadline, self.share, self.canceller)
            self.server = self.stack.enter_context(start)
        answers = []
        for invariant in question.invariants or ("",):
            session = _load(self.server, question, invariant, deadline)
            answers.append(_explore(session, question, invariant, self.on_progress))
            if answers[-1].outcome == Outcome.VIOLATION:
                return answers[-1]
        return next((answer for answer in answers if answer.outcome != Outcome.PASS), answers[0])

    def _give_up(self, error: NoAnswerError) -> None:
        self.off = isinstance(error, LostError)
        if self.off:
            self.stack.close()  # before a plain run wants its memory
        if not self.canceller.cancelled:
            self.say(f"not through the server: {error}; plain run{'s follow' if self.off else ' follows'}")


@dataclass(frozen=True)
class _Session:
    """A specification that the server has loaded: how many transitions and conjuncts of the invariant it has found in it."""

    server: Server
    deadline: float
    name: str
    root: int
    init: int
    next: int
    conjuncts: int

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        return self.server.call(method, {"sessionId": self.name, **params}, self.deadline)

    def rollback(self, snapshot: int) -> None:
        self.call("rollback", snapshotId=snapshot)

    def assume(self, transition: int, *, check: bool) -> str:
        """Take a transition; return ENABLED, DISABLED or UNKNOWN, the last also if it was not to be checked."""
        found = self.call("assumeTransition", transitionId=transition, checkEnabled=check, timeoutSec=0)
        return _word(found, "status", ("ENABLED", "DISABLED", "UNKNOWN"))

    def advance(self, step: int) -> int:
        """Go to the state after the transition and return its snapshot. Before the first, every invariant "is satisfied"."""
        found = self.call("nextStep")
        if found.get("newStepNo") != step:
            raise NoAnswerError(f"step {step} is {found.get('newStepNo')} to the server")
        return _part(found, "snapshotId", int)

    def follow(self, path: tuple[int, ...]) -> int:
        """Take a path that is known to be possible, from the start, and return the snapshot of its end."""
        self.rollback(self.root)
        here = self.root
        for step, transition in enumerate(path, 1):
            if self.assume(transition, check=False) == "DISABLED":
                raise NoAnswerError("a transition that was possible no longer is")
            here = self.advance(step)
        return here

    def check(self, conjunct: int) -> tuple[str, Trace | None]:
        """Check a conjunct of the invariant; return SATISFIED, VIOLATED or UNKNOWN, and the trace if there is one."""
        found = self.call("checkInvariant", invariantId=conjunct, kind="STATE", timeoutSec=0)
        return _word(found, "invariantStatus", ("SATISFIED", "VIOLATED", "UNKNOWN")), _trace(found)

    def trace(self) -> Trace | None:
        return _trace(self.call("query", kinds=["TRACE"], timeoutSec=0))


def _load(server: Server, question: Question, invariant: str, deadline: float) -> _Session:
    """Load the modules with one invariant, so that an answer is about that one.

    The server never lists a trace invariant, and calls an action invariant satisfied at the first step without a look.
    """
    others = [path for path in needed(question.spec.parent) if path.name != question.spec.name]
    sources = [base64.b64encode(path.read_bytes()).decode() for path in (question.spec, *others)]
    names = {"init": question.init or "Init", "next": question.next or "Next", "invariants": [invariant] if invariant else []}
    found = server.call("loadSpec", {"sources": sources, **names, "exports": []}, deadline)
    known = _part(found, "specParameters", dict)
    kinds = ("initTransitions", "nextTransitions", "stateInvariants", "actionInvariants")
    init, following, states, actions = (len(_part(known, kind, list)) for kind in kinds)
    if actions or (invariant and not states):
        raise NoAnswerError(f"{invariant} is no invariant of states")
    return _Session(server, deadline, _part(found, "sessionId", str), _part(found, "snapshotId", int), init, following, states)


def _explore(session: _Session, question: Question, invariant: str, on_progress: OnProgress) -> Answer:
    paths: list[tuple[int, ...]] = [()]
    for level in range(question.length + 1):
        on_progress({"depth": level})
        transitions = session.next if level else session.init
        if len(paths) * transitions > MOST:
            raise NoAnswerError(f"{len(paths) * transitions} sequences of {level + 1} transitions are too many to ask one by one")
        longer = []
        for path in paths:
            here = session.follow(path)
            for transition in range(transitions):
                session.rollback(here)
                status = session.assume(transition, check=True)
                if status == "ENABLED":
                    longer.append((*path, transition))
                    session.advance(level + 1)
                    answer = _check(session, invariant)
                    if answer is not None:
                        return answer
                if status == "UNKNOWN":
                    return Answer(Outcome.UNKNOWN, ENGINE, UNDECIDED)
        if not longer:
            return _stopped(session, question, level)
        paths = longer
    return Answer(Outcome.PASS, ENGINE)


def _check(session: _Session, invariant: str) -> Answer | None:
    """Return what is wrong with the invariant in the state where the session is, or None."""
    for conjunct in range(session.conjuncts):
        status, trace = session.check(conjunct)
        if status == "VIOLATED":
            return Answer(Outcome.VIOLATION, ENGINE, f"Invariant {invariant} is violated.", (invariant,), trace)
        if status == "UNKNOWN":
            return Answer(Outcome.UNKNOWN, ENGINE, UNDECIDED)
    return None


def _stopped(session: _Session, question: Question, level: int) -> Answer:
    """Return what it means that no transition is possible after any path of a level; the session is at the end of the last."""
    if not level:
        return Answer(Outcome.VACUOUS, ENGINE, EMPTY)
    if not question.deadlock:
        return Answer(Outcome.VACUOUS, ENGINE, EXPLAINED[Outcome.VACUOUS])
    return Answer(Outcome.DEADLOCK, ENGINE, EXPLAINED[Outcome.DEADLOCK], trace=session.trace())


def _trace(found: Mapping[str, Any]) -> Trace | None:
    try:
        return from_itf(json.dumps(found.get("trace")))
    except ItfError:
        return None


def _part(found: Mapping[str, Any], name: str, kind: type[T]) -> T:
    value = found.get(name)
    if not isinstance(value, kind):
        raise NoAnswerError(f"{name} is not of the known form")
    return value


def _word(found: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    value = _part(found, name, str)
    if value not in known:
        raise NoAnswerError(f"{name} is {value!r}, which this version of ringfence does not know")
    return value
