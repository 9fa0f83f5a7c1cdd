"""Reads what Apalache prints. Its exit status alone lies: time-outs and empty searches end with 0. The outcome line decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from proofs.tla.results import Answer, Outcome
from proofs.tla.trace import Trace

__all__ = ["Said", "judge", "listen"]

STAMP = re.compile(r"\s*([IWE])@\d\d:\d\d:\d\d\.\d+$")
OUTCOME = re.compile(r"^The outcome is: (\w+)$")
VERSION = re.compile(r"^# APALACHE version: (\S+)")
TRACES = re.compile(r"^Check the trace in: (.+)$")
DEPTH = re.compile(r"^(?:State|Step) (\d+): ")
PICKED = re.compile(r"^Step 0: picking a transition")
#: The words of the outcome line.
OUTCOMES = {
    "NoError": Outcome.PASS,
    "Error": Outcome.VIOLATION,
    "Deadlock": Outcome.DEADLOCK,
    "ExecutionsTooShort": Outcome.VACUOUS,
    "SmtTimeout": Outcome.TIMEOUT,
    "RuntimeError": Outcome.CRASH,
    "Interrupted": Outcome.KILLED,
}
EXPLAINED = {
    Outcome.VACUOUS: "every execution is shorter than asked for, or there is none: nothing was checked at that length",
    Outcome.TIMEOUT: "the solver ran out of its time",
    Outcome.DEADLOCK: "no step is possible at this length",
    Outcome.CRASH: "Apalache reports an error of its own",
    Outcome.KILLED: "Apalache reports that it was interrupted",
}
EMPTY = "no state satisfies the initial predicate: what holds here holds of nothing"
SIGNALS = (-9, -15, 137, 143)
BAD_USAGE = 1


@dataclass
class Said:
    """What the output says: the word of the outcome line, the version, the files of the trace, the errors, how deep it came."""

    word: str = ""
    version: str = ""
    files: tuple[str, ...] = ()
    errors: list[str] = field(default_factory=list)
    depth: int = -1
    began: bool = False
    memory: bool = False
    last: list[str] = field(default_factory=list)


def listen(lines: Iterable[str]) -> Said:
    """Take the lines one by one; a line cut short says nothing."""
    said = Said()
    pending: list[str] = []
    for raw in lines:
        stamp = STAMP.search(raw)
        line = STAMP.sub("", raw)
        _note(said, line, stamped=stamp is not None)
        pending.append(line)
        if stamp and stamp[1] == "E":
            said.errors.append("\n".join(text for text in pending if text))
        if stamp:
            pending = []
    said.last = pending[-10:]
    return said


def _note(said: Said, line: str, stamped: bool) -> None:
    if found := VERSION.match(line):
        said.version = found[1]
    if "OutOfMemoryError" in line:
        said.memory = True
    if not stamped:
        return
    if found := OUTCOME.match(line):
        said.word = found[1]
    if found := TRACES.match(line):
        said.files = tuple(found[1].split(", "))
    if found := DEPTH.match(line):
        said.depth = max(said.depth, int(found[1]))
    said.began = said.began or PICKED.match(line) is not None


def judge(said: Said, status: int, invariants: Sequence[str], load: Callable[[Sequence[str]], Trace | None]) -> Answer:
    """Return the answer; `load` reads the trace from the files that were named, if one is there."""
    engine = f"Apalache {said.version}".strip()
    outcome = OUTCOMES.get(said.word)
    if outcome is None:
        return _without_outcome(said, status, engine)
    if outcome is Outcome.VIOLATION:
        told = f"Invariant {' or '.join(invariants) or '(none was named)'} is violated."
        return Answer(outcome, engine, told, tuple(invariants), load(said.files))
    if outcome is Outcome.DEADLOCK:
        return _deadlock(said, engine, load(said.files))
    if outcome is Outcome.VACUOUS and not said.began:
        return Answer(outcome, engine, EMPTY)
    return Answer(outcome, engine, EXPLAINED.get(outcome, ""))


def _deadlock(said: Said, engine: str, trace: Trace | None) -> Answer:
    """Tell a deadlock from an initial predicate that nothing satisfies; both end with the same outcome."""
    empty = not trace.variables() if trace is not None else not said.began
    if empty:
        return Answer(Outcome.VACUOUS, engine, EMPTY)
    return Answer(Outcome.DEADLOCK, engine, EXPLAINED[Outcome.DEADLOCK], trace=trace)


def _without_outcome(said: Said, status: int, engine: str) -> Answer:
    """Return why a run had no outcome; whatever its status, it is no pass."""
    told = "\n".join(said.errors)
    if said.memory:
        return Answer(Outcome.MEMORY, engine, "Apalache ran out of memory")
    if said.word:
        return Answer(Outcome.CRASH, engine, f"the outcome is {said.word!r}, which this version of ringfence does not know")
    if status in SIGNALS:
        return Answer(Outcome.KILLED, engine, f"Apalache was killed (status {status})")
    if told:
        return Answer(Outcome.WRONG, engine, told)
    if status == BAD_USAGE:
        return Answer(Outcome.CRASH, engine, "\n".join(["Apalache does not know what it was asked for:", *said.last[-1:]]))
    return Answer(Outcome.CRASH, engine, "\n".join([f"Apalache ended without an outcome (status {status})", *said.last]))
