"""Traces: a machine at power-on and the steps that are taken from there, as they are found, shown and saved.

A trace is data: to read one runs nothing and imports no policy. What its names mean is found out when it is replayed
(`proofs.search.replaying`); a name that means nothing by then makes the trace stale, and so does a form that is not read here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

__all__ = [
    "SCHEMA",
    "Trace",
    "TraceError",
    "TraceStep",
    "from_json",
    "load",
    "moved",
    "resolved",
    "stale",
    "to_json",
    "trace_steps",
]

#: The form that is written, and the forms that are read: that of 1 may leave out what a trace is about, 2 has no machines.
SCHEMA, READ = 3, (1, 2, 3)
#: What a trace of form 1 says where it says nothing.
LEFT_OUT: dict[str, Any] = {"model_digest": "", "statement": "", "keys": [], "reaches": ""}


class TraceError(ValueError):
    """What was given is no trace, or a stale one."""


@dataclass(frozen=True)
class TraceStep:
    """A step by its name, with a number for each argument."""

    name: str
    arguments: Mapping[str, int]


@dataclass(frozen=True)
class Trace:
    """A run from boot: under which policy, on which machine, what it took, and what it is about; it may take no step."""

    policy: str
    """The policy, named as on the command line."""
    platform: str
    """The name of the machine; nothing if the trace has its own."""
    steps: tuple[TraceStep, ...]
    statement: str = ""
    """The statement that breaks at the end, if the run was found for that."""
    keys: tuple[int, ...] = ()
    """The keys at which it fails."""
    model_digest: str = ""
    """The digest of all that the finding depended on."""
    reaches: str = ""
    """The expression that is true at the end, if the run was found for that."""
    machine: Mapping[str, Any] | None = None
    """The trace's own machine at power-on: the JSON form of the state, only what differs from the default."""

    @property
    def start(self) -> str:
        """Return where it begins."""
        return f"from boot ({self.platform})" if self.machine is None else "from boot, on this machine"

    @property
    def end(self) -> str:
        """Return the name of what it ends with: its last step, or power-on."""
        return self.steps[-1].name if self.steps else "power-on"


def stale(reason: str) -> TraceError:
    """Return the error that a trace is not of this version."""
    return TraceError(f"stale: {reason}")


def trace_steps(steps: Iterable[tuple[str, Mapping[str, int]]]) -> tuple[TraceStep, ...]:
    """Return the steps of a trace for names with their arguments."""
    return tuple(TraceStep(name, arguments) for name, arguments in steps)


def to_json(trace: Trace) -> dict[str, Any]:
    """Return a trace as JSON data, in the form that is written."""
    return {
        "schema": SCHEMA,
        "policy": trace.policy,
        "platform": trace.platform,
        "machine": None if trace.machine is None else dict(trace.machine),
        "model_digest": trace.model_digest,
        "statement": trace.statement,
        "keys": list(trace.keys),
        "reaches": trace.reaches,
        "steps": [{"step": step.name, "arguments": dict(step.arguments)} for step in trace.steps],
    }


def moved(trace: Trace, here: Path, there: Path) -> Trace:
    """Return a trace for another folder: a policy's file is named from there, and not from here."""
    file, rest = file_of(trace.policy)
    return replace(trace, policy=os.path.relpath((here / file).resolve(), there.resolve()) + rest) if file else trace


def resolved(trace: Trace, folder: Path) -> Trace:
    """Return a trace that lies in a folder, with its policy's file as it is named from here, if it is there."""
    file, rest = file_of(trace.policy)
    found = folder / file
    known = bool(file) and not Path(file).is_absolute() and found.is_file()
    return replace(trace, policy=os.path.relpath(found.resolve()) + rest) if known else trace


def file_of(policy: str) -> tuple[str, str]:
    """Return the file in a policy's name, if it names one, and what stands behind it."""
    file, mark, name = policy.partition("::")
    return (file, mark + name) if mark or policy.endswith(".py") or "/" in policy else ("", "")


def load(path: Path | str) -> Trace:
    """Read a trace from a file: one that was saved, or the first of a report of `prove` or `fuzz`."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise TraceError(f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise TraceError(f"not JSON: {error}") from error
    if isinstance(data, dict) and "#meta" in data:
        raise TraceError("a behaviour of a TLA+ model, in the ITF format, and no run of the Python model")
    if isinstance(data, dict) and not isinstance(data.get("steps"), list) and ("theorems" in data or "found" in data):
        data = next(within(data), None)
        if data is None:
            raise TraceError("a report in which no run breaks anything")
    return from_json(data)


def within(report: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the traces of a report of `prove` or `fuzz`."""
    rows = [row for name in ("theorems", "found") for row in report.get(name) or [] if isinstance(row, dict)]
    holders = [row.get("counterexample") or row for row in rows]
    yield from (holder["trace"] for holder in holders if isinstance(holder, dict) and holder.get("trace"))


def from_json(data: Any) -> Trace:
    """Read a trace from JSON data of a form that is known."""
    schema = data.get("schema") if isinstance(data, dict) else None
    if not is_number(schema):
        raise TraceError("no trace: it names no schema")
    if schema not in READ:
        raise stale(f"it is of schema {schema}; this version reads {', '.join(map(str, READ[:-1]))} and {READ[-1]}")
    given = {**(LEFT_OUT if schema < 2 else {}), **({"machine": None} if schema < SCHEMA else {}), **data}  # noqa: PLR2004
    texts = {name: text(given, name) for name in ("policy", "platform", "model_digest", "statement", "reaches")}
    keys, rows, machine = given.get("keys"), given.get("steps"), given.get("machine", False)
    if (machine is not None and not isinstance(machine, dict)) or (machine is not None and bool(texts["platform"])):
        raise TraceError("no trace: 'machine' must be null, or the state of a machine where 'platform' names none")
    if not isinstance(keys, list) or not all(map(is_number, keys)):
        raise TraceError("no trace: 'keys' must be a list of numbers")
    if not isinstance(rows, list):
        raise TraceError("no trace: 'steps' must be a list")
    steps = tuple(step_of(row, number) for number, row in enumerate(rows, 1))
    return Trace(steps=steps, keys=tuple(keys), machine=machine, **texts)


def step_of(row: Any, number: int) -> TraceStep:
    """Read a step from its row."""
    name, arguments = (row.get("step"), row.get("arguments")) if isinstance(row, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(arguments, dict) or not all(map(is_number, arguments.values())):
        raise TraceError(f"no trace: step {number} must be {{'step': name, 'arguments': {{name: number}}}}")
    return TraceStep(name, arguments)


def text(data: Mapping[str, Any], name: str) -> str:
    """Return a text of the data."""
    value = data.get(name)
    if not isinstance(value, str):
        raise TraceError(f"no trace: {name!r} must be a text")
    return value


def is_number(value: Any) -> bool:
    """Say whether JSON data is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)
