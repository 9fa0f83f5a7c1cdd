"""A policy under check: its files, the functions written in them, what each comes to for which arguments, and all findings."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, NoReturn

from proofs.policies.code_references import mentioned
from proofs.policies.language.functions.bodies import Body
from proofs.policies.language.functions.kinds import (
    NEVER,
    NOTHING,
    OPAQUE,
    UNKNOWN,
    Items,
    Itself,
    Kind,
    fits,
    holds_function,
    told,
)
from proofs.policies.language.functions.values import is_state
from proofs.policies.loaded import Finding, PolicyError
from pymodel.language.state import Map
from pymodel.language.words import Choice, Word
from pymodel.machine import Hypervisor

__all__ = ["Program", "Source", "Written"]

#: Expressions that one step may evaluate, all that it calls included.
LONGEST_STEP = 300_000
#: Annotations that say little: what comes of a value is known where a call brings one.
VAGUE = (Any, Map, Word, Choice)
#: What refuses a step, by the names that code has for it.
REFUSING = {"require", "refuse", "Refused", "require_symbolic"}


@dataclass
class Source:
    """A file of a policy: its text, its tree, and what its names mean."""

    file: str
    name: str
    text: str
    tree: ast.Module
    names: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """A function that stands in a policy's file, and the class that it is a method of."""

    source: Source = field(repr=False)
    node: ast.FunctionDef = field(repr=False)
    owner: type | None


@dataclass
class Program:
    """All of a policy's files; `policy` is the class that is looked at."""

    policy: type[Hypervisor] = Hypervisor
    policies: list[type[Hypervisor]] = field(default_factory=list)
    written: dict[FunctionType, Written] = field(default_factory=dict)
    findings: dict[tuple[str, int, int], Finding] = field(default_factory=dict)
    """What is wrong, by place: what else is said of the same place mostly follows from the first."""
    sources: list[Source] = field(default_factory=list)
    parts: dict[str, tuple[Source, ast.AST]] = field(default_factory=dict)
    """The parts of the policy's own states, each with its place."""
    calling: dict[Any, dict[Any, tuple[Source, ast.AST]]] = field(default_factory=dict)
    """For each function of the policy those that it calls, each with a place."""
    under_way: list[Any] = field(default_factory=list)
    known: dict[Any, tuple[Kind, ast.AST | None, int]] = field(default_factory=dict)
    """For each function and the kinds of its arguments: what it comes to, where it may refuse, and how long it is."""
    length: int = 0
    work: int = 0
    """Expressions of the step that is gone through, calls that are known already included; and those gone through at all."""
    ran: set[ast.AST] = field(default_factory=set)
    """The functions inside functions that somebody calls."""

    def say(self, source: Source, node: ast.AST, why: str) -> None:
        """Note a finding; the first at a place."""
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", -1) + 1
        self.findings.setdefault((source.file, line, column), Finding(source.file, line, why, column))

    def is_policy(self, cls: type) -> bool:
        """Say whether a class is a policy."""
        return issubclass(cls, Hypervisor)

    def members(self) -> list[str]:
        """Return the names that the policy has, for whoever misspells one."""
        return [name for name in dir(self.policy) if not name.startswith("_")]

    # Functions

    def calls(self, body: Any, function: Any, node: ast.AST) -> None:
        """Note that the function under way calls another one."""
        if self.under_way:
            self.calling.setdefault(self.under_way[-1], {}).setdefault(function, (body.source, node))

    def answer(self, function: FunctionType, kinds: tuple[Kind, ...], caller: Body, node: ast.AST) -> Kind:
        """Return what a function of the policy comes to for arguments of these kinds."""
        kinds = self.taken(function, kinds, caller, node)
        key = (self.policy, function, kinds)
        if function in self.under_way:
            return UNKNOWN  # a circle of calls, which is told where calls are looked at
        found = self.known.get(key)
        if found is None:
            before = self.length
            kind, refused = self.examined(function, kinds)
            found = kind, refused, self.length - before
            if not any(map(holds_function, kinds)):
                self.known[key] = found
        else:
            self.length += found[2]
        if found[1] is not None:
            caller.refuses(node)
        return found[0]

    def taken(self, function: FunctionType, kinds: tuple[Kind, ...], caller: Body, node: ast.AST) -> tuple[Kind, ...]:
        """Check what a function is given by what it announces; nothing is known of what does not fit."""
        one = self.written[function]
        state = next((k for k in kinds if is_state(k)), self.policy.State)
        out = []
        for name, kind in zip(self.parameters(one.node), kinds, strict=True):
            hint = function.__annotations__.get(name, Any)
            wanted = kind if hint is Any or kind == Itself() else self.of_hint(hint, state)
            if not fits(kind, wanted):
                self.say(caller.source, node, f"{function.__name__}: {name} takes {told(wanted)}, not {told(kind)}")
            out.append(kind if fits(kind, wanted) else UNKNOWN)
        return tuple(out)

    def count(self, source: Source, node: ast.AST) -> None:
        """Count what a step evaluates; one that evaluates too much is refused at once."""
        self.length, self.work = self.length + 1, self.work + 1
        if max(self.length, self.work // 2) > LONGEST_STEP:
            raise PolicyError(
                f"more than {LONGEST_STEP:,} expressions in one step: use a step with a cursor",
                source.file,
                getattr(node, "lineno", 0),
            )

    def examined(self, function: FunctionType, kinds: tuple[Kind, ...]) -> tuple[Kind, ast.AST | None]:
        """Go through a function of the policy; say what it comes to, and where it may refuse."""
        one = self.written[function]
        names = self.parameters(one.node)
        state = next((k for k in kinds if is_state(k)), self.policy.State)
        body = Body(self, one.source, one.owner)
        self.under_way.append(function)
        found = body.run(one.node, dict(zip(names, kinds, strict=True)))
        self.under_way.pop()
        hint = function.__annotations__.get("return", Any)
        wanted = self.of_hint(hint, state) if hint is not Any else found
        if not fits(found, wanted):
            self.say(one.source, one.node, f"{one.node.name} returns {told(found)}, and announces {told(wanted)}")
            found = UNKNOWN
        return (wanted if found is NEVER and wanted is not NEVER else found), body.refused

    def whole(self, function: FunctionType) -> tuple[Kind, ast.AST | None]:
        """Go through a function for all that may be given to it; say what it comes to, and where it may refuse."""
        self.length = 0
        one = self.written[function]
        names = self.parameters(one.node)
        kinds: list[Kind] = []
        for name in names:
            hint = function.__annotations__.get(name, Any)
            first = len(kinds) == 1 if one.owner else not kinds and name == "s"
            known = (
                self.policy.State if hint is Any and first else UNKNOWN if hint in VAGUE else self.of_hint(hint, self.policy.State)
            )
            kinds.append(known)
        if one.owner is not None and kinds:
            kinds[0] = Itself()
        caller = Body(self, one.source, one.owner)
        return self.answer(function, tuple(kinds), caller, one.node), caller.refused

    def parameters(self, node: ast.FunctionDef | ast.Lambda) -> list[str]:
        """Return the names of a function's arguments."""
        return [p.arg for p in node.args.args]

    @contextmanager
    def inside(self, source: Source, place: ast.AST, node: Any) -> Iterator[bool]:
        """Go through a function inside a function, or say no to one that comes back to itself."""
        if node in self.under_way:
            self.say(source, place, "a function that calls itself: use for over a constant range, or a step with a cursor")
            yield False
            return
        holder = next((f for f in reversed(self.under_way) if isinstance(f, FunctionType)), None)
        self.under_way += [node, holder] if holder else [node]
        yield True
        del self.under_way[-2 if holder else -1 :]

    def may_refuse(self, function: Any) -> bool:
        """Say whether a function of the model may refuse a step under this policy."""
        key = self.policy, function, None
        if key not in self.known:
            self.known[key] = bool(mentioned(function, self.policy)[0] & REFUSING), None, 0
        return bool(self.known[key][0])

    # Types

    def of_hint(self, hint: Any, state: Kind) -> Kind:
        """Return the kind that an annotation stands for; a state is the state that is given."""
        if hint is None or hint is type(None):
            return NOTHING
        if hint is Any:
            return UNKNOWN
        if hint is NoReturn:
            return NEVER
        if is_state(hint):
            return state if is_state(state) else self.policy.State
        if getattr(hint, "__origin__", None) is tuple:
            return Items(tuple(self.of_hint(part, state) for part in hint.__args__))
        return hint if inspect.isclass(hint) else OPAQUE

    def annotation(self, source: Source, node: ast.expr) -> Any:
        """Return the type that an annotation names: `Any`, bool, None, a class of the model or the policy, or a tuple of these."""
        match node:
            case ast.Constant(value=None):
                return None
            case ast.Constant(value=str(text)):
                try:
                    inner = ast.parse(text, mode="eval").body
                except (SyntaxError, ValueError):
                    inner = None
                if inner is not None:
                    for part in ast.walk(inner):
                        ast.copy_location(part, node)
                    return self.annotation(source, inner)
            case ast.Name(id="bool"):
                return bool
            case ast.Name(id="int"):
                return Any  # a number of the text, whose range the calls tell
            case ast.Name(id=name):
                found = source.names.get(name)
                if found is Any or inspect.isclass(found):
                    return found
                if name in source.names:
                    self.say(source, node, f"{name} is no type")
                    return Any
            case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=parts)):
                return tuple[tuple(self.annotation(source, part) for part in parts)]  # type: ignore[misc]
        self.say(
            source, node, f"`{ast.unparse(node)}`: an annotation is a type of the model or the policy, Any, bool, None or a tuple"
        )
        return Any
