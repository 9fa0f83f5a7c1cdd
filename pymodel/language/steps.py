"""Steps, how they are declared: who takes one, and with which arguments.

A step is a method `(self, s, arguments...) -> state` whose arguments are annotated with word types (or bool). The decorator
says whose step it is: the hypervisor's (an operation), the hardware's, a guest's or a device's. Of these last three a second one
says whether the step writes memory, and for whom.

Read next: `pymodel.hardware.ids`.
"""

from __future__ import annotations

import inspect
import traceback
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pymodel.language.outcomes import Reason
from pymodel.language.state import State
from pymodel.language.words import Word

__all__ = [
    "Transition",
    "assume",
    "decision",
    "device",
    "excuse",
    "guest",
    "hardware",
    "hints_of",
    "invariant",
    "operation",
    "steps_of",
    "widens",
    "writes",
]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Transition:
    """One kind of step of the machine."""

    name: str
    actor: str
    function: Callable[..., Any]
    params: dict[str, type]
    file: str
    line: int
    doc: str
    writes: Callable[..., Any] | None = None
    """Of a step that is no operation: who writes memory by it, as `writes` declares; nothing is written by a step without it."""

    def writer(self, state: Any, arguments: Mapping[str, Any]) -> Any:
        """Return who writes memory by this step, taken in a state with these arguments; None if nobody does."""
        if self.writes is None:
            return None
        code = self.writes.__code__
        return self.writes(state, *(arguments[name] for name in code.co_varnames[1 : code.co_argcount]))

    def __call__(self, state: Any, /, **arguments: Any) -> Any:
        """Take the step: return the next state, or raise `Refused`; a step that returns something else is a TypeError."""
        after = self.function(state, **arguments)
        if after.__class__ is not state.__class__:
            raise TypeError(f"{self.name} returns {type(after).__name__}, and not a state")
        return after

    def line_of(self, error: Exception) -> int:
        """Return the line of the step's own file that raised an exception, or called what did."""
        file = self.function.__code__.co_filename
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file and f.lineno]
        return lines[-1] if lines else self.line


def _mark(actor: str) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        function.__step__ = actor  # type: ignore[attr-defined]
        return function

    return decorate


operation = _mark("hypervisor")
hardware = _mark("hardware")
guest = _mark("guest")
device = _mark("device")


def writes(writer: Callable[..., Any]) -> Callable[[F], F]:
    """Mark a step of hardware, a guest or a device as one that writes memory; `writer(s, arguments...)` says for whom.

    Its arguments are some of the step's, under their names.
    """

    def decorate(function: F) -> F:
        function.__writes__ = writer  # type: ignore[attr-defined]
        return function

    return decorate


def decision(contract: str) -> Callable[[F], F]:
    """Mark a method as a decision of the policy; `contract` names the method that says what a decision must satisfy."""

    def decorate(function: F) -> F:
        function.__decision__ = contract  # type: ignore[attr-defined]
        return function

    return decorate


def invariant(function: F) -> F:
    """Mark a method `(self, s, keys...) -> bool` of a policy as an invariant of its own: proved, and used by the rest."""
    function.__invariant__ = True  # type: ignore[attr-defined]
    return function


def assume(reason: str) -> Callable[[F], F]:
    """Mark a method `(self, s, keys...) -> bool` of a policy as an assumption: counted, printed first, never proved."""

    def decorate(function: F) -> F:
        function.__assume__ = reason  # type: ignore[attr-defined]
        return function

    return decorate


def excuse(operations: str, reason: Reason) -> Callable[[F], F]:
    """Mark a method `(self, s, arguments...) -> bool` of a policy as the fact for which some operations may be refused.

    `operations` names those of the reference, separated by spaces; the arguments are theirs, under their names.
    """

    def decorate(function: F) -> F:
        function.__excuse__ = (tuple(operations.split()), reason)  # type: ignore[attr-defined]
        return function

    return decorate


def widens(operations: str, part: str, fields: str) -> Callable[[F], F]:
    """Mark a method `(self, s, arguments...) -> key` of a policy: there some operations may change fields that no contract names.

    `operations` and `fields` are names, separated by spaces; the arguments are the operations', under their names. A key may be the
    beginning of one; of a part that is one record the method says whether it may be changed.
    """

    def decorate(function: F) -> F:
        function.__widens__ = (tuple(operations.split()), part, tuple(fields.split()))  # type: ignore[attr-defined]
        return function

    return decorate


class SignatureError(Exception):
    """A step's signature is not `(self, s, name: WordType, ...)`."""

    def __init__(self, message: str, file: str, line: int) -> None:
        """Keep the place."""
        super().__init__(message)
        self.file, self.line = file, line


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the types of a function's arguments and answer; the state of the machine, which is joined later, is any state."""
    return typing.get_type_hints(function, localns={"MachineState": State})


def parameters(function: Callable[..., Any]) -> dict[str, type]:
    """Return name and type of each argument after the state; raise `SignatureError` for anything else."""
    code = inspect.unwrap(function).__code__
    file, line = code.co_filename, code.co_firstlineno
    name = getattr(function, "__name__", "?")
    try:
        hints = hints_of(function)
    except (NameError, TypeError) as error:
        raise SignatureError(f"{name}: {error}", file, line) from error
    names = list(inspect.signature(function).parameters.values())
    bound = not inspect.ismethod(function)
    names = names[1:] if bound else names
    if not names or any(p.kind not in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY) for p in names):
        raise SignatureError(f"{name}: a step takes (self, s, name: WordType, ...)", file, line)
    out: dict[str, type] = {}
    for p in names[1:]:
        kind = hints.get(p.name)
        if not (isinstance(kind, type) and (kind is bool or (issubclass(kind, Word) and kind.width))):
            raise SignatureError(f"{name}: argument {p.name!r} needs a word type (or bool) as its annotation", file, line)
        out[p.name] = kind
    return out


def steps_of(thing: object) -> list[Transition]:
    """Return the steps that an object offers, in the order in which its class (parents first) defines them."""
    found: dict[str, Transition] = {}
    for cls in reversed(type(thing).__mro__):
        for name, member in vars(cls).items():
            if name.startswith("__") or not callable(member):
                continue
            actor = getattr(member, "__step__", None)
            if actor is None and name in found:
                actor = found[name].actor
            if actor is None:
                continue
            bound = getattr(thing, name)
            code = inspect.unwrap(member).__code__
            doc = inspect.getdoc(member) or ""
            writer = getattr(member, "__writes__", None)
            found[name] = Transition(name, actor, bound, parameters(bound), code.co_filename, code.co_firstlineno, doc, writer)
    return list(found.values())
