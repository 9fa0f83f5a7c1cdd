"""Traces: a machine at power-on and a list of steps, saved as plain data, replayed through the model, shown as a table."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofs import policies
from proofs.policies import LoadedPolicy
from proofs.policies.policy_statements import OWN, stated
from proofs.search.concrete import Checker, changes, raw_keys
from proofs.search.scenarios.runs import LONG
from proofs.statements import Kind, Statement
from proofs.theorems import CATALOGUE
from pymodel.language import outcomes
from pymodel.language import steps as transitions
from pymodel.language.outcomes import Reason, Refused
from pymodel.language.state import Record, State
from pymodel.language.steps import Transition
from pymodel.language.words import Choice
from pymodel.machine import steps
from pymodel.platforms import PLATFORMS

__all__ = ["Outcome", "Replayed", "TraceError", "load", "make", "render", "replay", "table", "take"]

SCHEMA = 1
#: In a long trace all statements are looked at only so many times; where one broke in between is found afterwards.
LOOKS = 8


class TraceError(ValueError):
    """A trace that cannot be read, or not by this version."""


@dataclass
class Outcome:
    """What one step of a trace did."""

    number: int
    actor: str
    call: str
    place: str
    refused: str = ""
    changed: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    broke: list[str] = field(default_factory=list)


@dataclass
class Replayed:
    """A trace, replayed."""

    trace: dict[str, Any]
    outcomes: list[Outcome]
    broken: list[str]
    statement: Statement | None = None
    """What the trace is about."""


def make(  # noqa: PLR0913 - the fields of a trace
    policy: str, platform: str, taken: list[tuple[str, dict[str, int]]], statement: str, digest: str, keys: tuple[Any, ...] = ()
) -> dict[str, Any]:
    """Return the saved form of a trace; `keys` are those at which the statement fails."""
    rows = [{"step": name, "arguments": args} for name, args in taken]
    return {
        "schema": SCHEMA,
        "policy": policy,
        "platform": platform,
        "model_digest": digest,
        "statement": statement,
        "keys": raw_keys(keys),
        "steps": rows,
    }


def load(path: Path | str) -> dict[str, Any]:
    """Read a trace from a file."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise TraceError(f"{path}: not JSON: {error}") from error
    return check(data, str(path))


def check(data: Any, where: str = "trace") -> dict[str, Any]:
    """Return the trace if it has the form that this version reads."""
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise TraceError(f"{where}: not a trace of schema {SCHEMA}")
    for name, kind in (("policy", str), ("platform", str), ("steps", list)):
        if not isinstance(data.get(name), kind):
            raise TraceError(f"{where}: {name!r} must be a {kind.__name__}")
    if data["platform"] not in PLATFORMS:
        raise TraceError(f"{where}: unknown platform {data['platform']!r}; known: {', '.join(PLATFORMS)}")
    if not all(isinstance(k, int) and not isinstance(k, bool) for k in data.get("keys", [])):
        raise TraceError(f"{where}: 'keys' must be a list of numbers")
    for n, row in enumerate(data["steps"], 1):
        good = isinstance(row, dict) and isinstance(row.get("step"), str) and isinstance(row.get("arguments"), dict)
        if not good or not all(isinstance(v, int) and not isinstance(v, bool) for v in row["arguments"].values()):
            raise TraceError(f"{where}: step {n} must be {{'step': name, 'arguments': {{name: number}}}}")
    return data


def arguments(transition: Transition, given: dict[str, int], number: int) -> dict[str, Any]:
    """Return typed arguments; a stale or broken trace is a `TraceError`."""
    if set(given) != set(transition.params):
        raise TraceError(f"step {number}: {transition.name} takes {', '.join(transition.params)}: the trace is stale")
    try:
        return {n: bool(given[n]) if t is bool else t(given[n]) for n, t in transition.params.items()}
    except ValueError as error:
        raise TraceError(f"step {number}: {error}") from error


def take(transition: Transition, state: Any, typed: dict[str, Any]) -> tuple[Any, str]:
    """Take a step: the state after it and "", or the same state and the reason of the refusal."""
    after, refused = outcome(transition, state, typed)
    return after, repr(refused.reason) if refused is not None else ""


def outcome(transition: Transition, state: Any, typed: dict[str, Any]) -> tuple[Any, Refused | None]:
    """Take a step: the state after it, or the same state and the refusal."""
    try:
        return transition(state, **typed), None
    except Refused as refused:
        return state, refused


def refused_at(refused: Refused) -> str:
    """Return the file and line that said no."""
    frames = traceback.extract_tb(refused.__traceback__)
    said = [f for f in frames if f.filename not in (outcomes.__file__, transitions.__file__)][-1]
    return f"{Path(said.filename).name}:{said.lineno}"


def replay(
    trace: dict[str, Any], policy: LoadedPolicy | None = None, details: bool = True, watched: Sequence[str] = ()
) -> Replayed:
    """Run a trace step by step, and say at each what changed (with `details`) and which statements broke there first.

    Without details the last step of a long trace is looked at, and the trace's own statement everywhere: a search found it, and has
    looked at the others. Of each expression that is `watched` the value after each step is shown.
    """
    check(trace)
    loaded = policy if policy is not None else policies.load(None if trace["policy"] == "reference" else trace["policy"])
    instance = loaded.instance()
    known = {t.name: t for t in steps(instance)}
    statements = stated(instance)
    statement = statements.get(trace.get("statement", ""))
    checker = Checker(list(statements.values()), instance.State)
    state = PLATFORMS[trace["platform"]](instance.State)
    broken: list[str] = []
    values = [(text, expression(text, instance.State)) for text in watched]
    out: list[Outcome] = []
    skipped: list[tuple[Outcome, Any]] = []
    looked = state
    total = len(trace["steps"])
    every = 1 if total <= LONG else total // LOOKS
    first = 1 if details or total <= LONG else total
    for number, row in enumerate(trace["steps"], 1):
        transition = known.get(row["step"])
        if transition is None:
            raise TraceError(f"step {number}: there is no step called {row['step']!r}: the trace is stale")
        typed = arguments(transition, row["arguments"], number)
        after, refused = outcome(transition, state, typed)
        reason = refused.reason if refused is not None else None
        call = f"{transition.name}({', '.join(f'{n} {show(v)}' for n, v in typed.items())})"
        place = f"{Path(transition.file).name}:{transition.line}" if refused is None else refused_at(refused)
        one = Outcome(number, transition.actor, call, place, "" if refused is None else repr(reason))
        out.append(one)
        kept = statement is None or holds(statement, trace.get("keys", []), state, transition.name, typed, after, reason)
        failed = [] if kept else [trace["statement"]]
        if number < first:
            looked = after
        else:
            if reason is None:
                one.changed = changes(state, after) if details else []
                failed += [st.name for st, _ in checker.broken_by(state, transition.name, typed, after)]
            else:
                failed += [st.name for st in checker.broken_by_refusal(state, transition.name, typed, reason)]
            skipped.append((one, after))
            if number % every == 0 or number == total:
                broken += first_broken(checker, looked, skipped, broken)
                looked, skipped = after, []
        one.broke += [name for name in dict.fromkeys(failed) if name not in broken]
        broken += [name for name in one.broke if name not in broken]
        one.shown = [f"{text} = {show(value(after))}" for text, value in values]
        state = after
    return Replayed(trace, out, broken, statement)


def expression(text: str, kind: type[State]) -> Callable[[Any], Any]:
    """Return the function of a state that a reader's expression stands for."""
    from proofs.search.reach import bind, parse  # noqa: PLC0415 - it makes traces itself

    return bind(parse(text), text, kind, "")


def first_broken(checker: Checker, before: Any, places: list[tuple[Outcome, Any]], known: list[str]) -> list[str]:
    """Note at each of some places, the last of which is looked at first, which statements broke there for the first time."""
    new = [st for st, _ in checker.broken(places[-1][1], before) if st.name not in known]
    for statement in new:
        only = checker.only(statement)
        where = next(one for one, state in places if only.broken(state, before))
        where.broke.append(statement.name)
    return [st.name for st in new]


def holds(  # noqa: PLR0913 - a step and what came of it
    statement: Statement, numbers: list[int], before: Any, name: str, typed: dict[str, Any], after: Any, reason: Reason | None
) -> bool:
    """Say whether the statement that a trace is about holds of a step at the keys that the trace names."""
    if len(numbers) != len(statement.params):
        return True
    if not statement.of_one_state and (statement.kind == Kind.REFUSAL) != (reason is not None):
        return True
    types: list[Any] = list(statement.params.values())
    keys = [t.of(k) for t, k in zip(types, numbers, strict=True)]
    given = (after,) if statement.of_one_state else (before, name, typed, after if reason is None else reason)
    return bool(statement.function(*given, *keys))


def show(value: Any) -> str:
    """Return a value as a reader likes it: a name, a number in hexadecimal where it is long, a record field by field."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Record):
        return ", ".join(f"{n} {show(getattr(value, n))}" for n in value.fields())
    if isinstance(value, Choice):
        return repr(value)
    number = int(value.raw)
    return f"{number:#x}" if number > 9 else str(number)  # noqa: PLR2004 - one digit


def promised(names: list[str]) -> list[str]:
    """Return the IDs of the theorems that have one of the statements as a clause."""
    return [t.id for t in CATALOGUE.theorems.values() if any(c in names for c in t.clauses)]


def whose(name: str) -> str:
    """Return which theorems a statement is a part of, or that it is the policy's own."""
    return ", ".join(promised([name])) or OWN


def render(trace: dict[str, Any]) -> str:
    """Run a trace and return it as a table."""
    return table(replay(trace))


def table(result: Replayed, actor: str | None = None) -> str:
    """Return a run as a table: who did what, what changed, which promise broke and where; of one actor's steps, if asked."""
    trace, statement = result.trace, result.statement
    lines = []
    if statement is not None:
        lines.append(f"REFUTED  {whose(statement.name)}  {statement.title}")
    last = " and a refused one" if result.outcomes and result.outcomes[-1].refused else ""
    taken = sum(not o.refused for o in result.outcomes)
    how = f"from boot ({trace['platform']}), {taken} steps{last} (shortest known), replayed in the model"
    lines.append(f"policy   {trace['policy']}    {how}")
    lines.append("")
    first = True
    for o in result.outcomes:
        if actor is not None and o.actor != actor:
            first = first and not o.broke
            continue
        lines.append(f"{o.number:3d}  {o.actor:10s}  {o.call}")
        if o.refused:
            lines.append(f"{'':17s}refused: {o.refused}")
        interesting = [c for c in o.changed if not c.startswith(("roster[", "seat[", "count["))]
        lines += [f"{'':17s}{c}" for c in interesting[:8]]
        if len(interesting) > 8:  # noqa: PLR2004 - a screenful
            lines.append(f"{'':17s}... and {len(interesting) - 8} more")
        lines += [f"{'':17s}{text}" for text in o.shown]
        for name in o.broke:
            lines.append(f"{'':17s}BREAKS {whose(name)}: {name}  [{o.place}]{'  <- first' if first else ''}")
            first = False
    return "\n".join(lines)
