"""Reads what TLC prints with `-tool`: numbered messages, and states inside them.

The exit status is not believed: a run has passed only if TLC says that it completed, and 0 initial states are no pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from proofs.tla.engines.sany import syntax_error
from proofs.tla.results import Answer, Outcome
from proofs.tla.trace import Step, Trace

__all__ = ["Message", "Messages", "answer", "progress"]

START = re.compile(r"(.*?)@!@!@STARTMSG (\d+):(\d+) @!@!@")
END = re.compile(r"@!@!@ENDMSG (\d+) @!@!@")
ACTION = re.compile(r"^\s*\d+: (?:Back to state: )?<(\w+)(?:\([^<>]*\))?\s*([^<>]*)>")
BROKEN = {
    2107: re.compile(r"Invariant (\S+) is violated by the initial state"),
    2108: re.compile(r"Property (\S+) is violated by the initial state"),
    2110: re.compile(r"Invariant (\S+) is violated"),
    2112: re.compile(r"Action property (\S+) is violated"),
}
STATS = re.compile(r"([\d,]+) states generated(?: \(([\d,]+) s/min\))?.*?(-?[\d,]+) distinct states found.*?(-?[\d,]+) states left")
DEPTH = re.compile(r"depth of the complete state graph search is ([\d,]+)")
VERSION = re.compile(r"Version (\d[\w.]*)")

ERROR, BUG = 1, 2
VERSION_CODE, SUCCESS, STATS_CODES, DEPTH_CODE = 2262, 2193, (2199, 2200, 2209), 2194
BACK_TO_STATE, STUTTERING, STATES, FINISHED, SIMULATED = 2122, 2218, (2216, 2217), 2186, 2209
#: Messages of severity 1 that only lead to the next one.
HEADINGS = (2103, 2121, 2264)
OUTCOMES = {
    **dict.fromkeys(BROKEN, Outcome.VIOLATION),
    2114: Outcome.DEADLOCK,
    2116: Outcome.LIVENESS,
    **dict.fromkeys((1001, 1002, 1003), Outcome.MEMORY),
    **dict.fromkeys((1102, 2128), Outcome.CRASH),
}
#: What precedes the cause in a message about an exception.
PREAMBLE = re.compile(r"TLC threw an unexpected exception\.\n.*?The exception was an? \S+\s*: ?", re.DOTALL)


@dataclass
class Message:
    """A message: its number, its severity (0 says, 1 error, 2 bug of TLC, 3 warning, 4 state), its text."""

    code: int
    severity: int
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return the text."""
        return "\n".join(self.lines).strip()


class Messages:
    """Takes lines as they come, and returns each message when it is complete; one may stand inside another."""

    def __init__(self) -> None:
        """Begin outside every message."""
        self._open: list[Message] = []
        self.outside: list[str] = []

    def feed(self, line: str) -> Message | None:
        """Take a line; return the message that it ends."""
        start = START.search(line)
        if start:
            self._text(start[1])
            self._open.append(Message(int(start[2]), int(start[3])))
            return None
        end = END.search(line)
        if end and self._open:
            message = self._open.pop()
            if self._open:
                self._open[-1].lines += message.lines
            return message
        self._text(line)
        return None

    def _text(self, line: str) -> None:
        if self._open:
            self._open[-1].lines.append(line)
        elif line.strip():
            self.outside.append(line)


def progress(message: Message) -> dict[str, int] | None:
    """Return the counts of a message about progress: generated, rate (states a minute), distinct, queue."""
    found = STATS.search(message.text) if message.code in STATS_CODES else None
    if found is None:
        return None
    counts = dict(zip(("generated", "rate", "distinct", "queue"), map(_number, found.groups()), strict=True))
    return {name: count for name, count in counts.items() if count is not None}


def _number(digits: str | None) -> int | None:
    """Return a count; TLC writes -1 where it has not counted."""
    return None if digits is None or digits.startswith("-") else int(digits.replace(",", ""))


def answer(lines: Iterable[str], asked: Mapping[str, Iterable[str]]) -> Answer:
    """Return TLC's answer; `asked` names the invariants and properties, for what TLC calls only by its place."""
    reader = Messages()
    messages = [message for line in lines if (message := reader.feed(line)) is not None]
    cause = next((m for m in messages if m.severity in (ERROR, BUG) and m.code not in HEADINGS), None)
    counts = _counts(messages)
    if cause is None:
        return _without_error(messages, reader.outside, counts)
    outcome = Outcome.CRASH if cause.severity == BUG else OUTCOMES.get(cause.code, Outcome.WRONG)
    told = _explain(cause, messages, reader.outside)
    broken = _broken(cause, asked) if outcome in (Outcome.VIOLATION, Outcome.LIVENESS) else ()
    return Answer(outcome, _engine(messages), told, broken, _trace(cause, messages), **counts)


def _engine(messages: list[Message]) -> str:
    found = next((VERSION.search(m.text) for m in messages if m.code == VERSION_CODE), None)
    return f"TLC {found[1]}" if found else "TLC"


def _without_error(messages: list[Message], outside: list[str], counts: dict[str, Any]) -> Answer:
    codes = {m.code for m in messages}
    engine = _engine(messages)
    if SUCCESS in codes and counts.get("distinct") == 0:
        return Answer(Outcome.VACUOUS, engine, "no initial state: what holds here holds of nothing", **counts)
    if SUCCESS in codes or {SIMULATED, FINISHED} <= codes:
        return Answer(Outcome.PASS, engine, **counts)
    last = "\n".join(outside[-20:])
    outcome = Outcome.MEMORY if "OutOfMemoryError" in last else Outcome.CRASH
    return Answer(outcome, engine, last or "TLC ended without an answer", **counts)


def _counts(messages: list[Message]) -> dict[str, Any]:
    counts: dict[str, Any] = {}
    for message in messages:
        counts |= progress(message) or {}
        depth = DEPTH.search(message.text) if message.code == DEPTH_CODE else None
        if depth:
            counts["diameter"] = int(depth[1].replace(",", ""))
    counts.pop("rate", None)
    return counts


def _explain(cause: Message, messages: list[Message], outside: list[str]) -> str:
    if cause.code in (2107, 2108):
        return cause.text.splitlines()[0].rstrip(":") + "."
    told = [PREAMBLE.sub("", cause.text).strip()]
    if cause.code == 3002:
        told.insert(0, syntax_error(outside))
        told += [line for line in outside if not line.startswith(("Parsing file", "Semantic processing"))]
    if OUTCOMES.get(cause.code) is None:
        told += [m.text for m in messages if m.code == 2103]
    return "\n".join(text for text in told if text)


def _broken(cause: Message, asked: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return what was violated. TLC names a formula inside a property by its place, and a liveness property not at all."""
    named = BROKEN[cause.code].search(cause.text) if cause.code in BROKEN else None
    if named and any(named[1] in names for names in asked.values()):
        return (named[1],)
    return tuple(asked.get("properties", ())) if cause.code in (2108, 2112, 2116) else tuple(asked.get("invariants", ()))


def _trace(cause: Message, messages: list[Message]) -> Trace | None:
    if cause.code in (2107, 2108):
        return Trace([_step("\n".join(cause.text.splitlines()[1:]))])
    steps = [_step(m.text) for m in messages if m.code in STATES]
    back = next((m for m in messages if m.code == BACK_TO_STATE), None)
    loop, action = None, ""
    if back is not None:
        loop = int(back.text.split(":", maxsplit=1)[0]) - 1
        action = _action(back.text)[0]
    stuttering = any(m.code == STUTTERING for m in messages)
    return Trace(steps, loop, action, stuttering) if steps else None


def _step(source: str) -> Step:
    head, _, rest = source.partition("\n")
    if not re.match(r"\s*\d+:", head):
        return Step(_values(source))
    action, place = _action(head)
    return Step(_values(rest), action, place)


def _action(head: str) -> tuple[str, str]:
    """Return the name of an action and the line where it is defined; the initial predicate is none."""
    found = ACTION.match(head)
    if not found or head.endswith("<Initial predicate>"):
        return "", ""
    place = re.search(r"line (\d+), .* of module (\w+)", found[2])
    return found[1], f"{place[2]}.tla:{place[1]}" if place else found[2].strip()


def _values(source: str) -> dict[str, Any]:
    """Return a state's values; a text that the grammar does not know is kept as it is, so that no counterexample is lost."""
    from proofs.tla.printed import ValueTextError, parse_state  # noqa: PLC0415 - an extra that may not be installed

    try:
        return parse_state(source)
    except ValueTextError:
        return {"state": {"#unserializable": " ".join(source.split())}}
