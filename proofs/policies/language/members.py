"""The methods of a policy: each overrides what may be overridden, with its arguments, or has a name that means nothing else."""

from __future__ import annotations

import inspect
from difflib import get_close_matches
from types import NoneType
from typing import Any

from proofs.policies.language.functions.calls import STATED
from proofs.policies.language.functions.kinds import told
from proofs.policies.language.functions.values import is_state
from proofs.policies.language.program import Program, Written
from proofs.policies.language.table import VALUES
from proofs.theorems import CATALOGUE
from proofs.theorems.operations.authority import AUTHORITY
from proofs.theorems.operations.contracts import CONTRACTS, WORLD, contract_of
from pymodel.language.state import GHOST, State
from pymodel.language.steps import SignatureError, hints_of, parameters
from pymodel.machine import Hypervisor, MachineState

__all__ = ["check_called", "check_members", "overridable"]

#: What steps, invariants, assumptions, excuses and widenings are marked with.
MARKS = ("__step__", *STATED)
#: The marks that name operations of the reference, whose arguments the method takes.
OF_OPERATIONS = ("__excuse__", "__widens__")
#: What the prover calls its own phases.
PHASES = ("power-on", "every state", "mark", "witnesses", "self")


#: How much two names have in common that are taken for one another (two letters of a usual one).
NEAR = 0.88
#: How much those have in common of which one may be meant for the other.
CLOSE = 0.75


def overridable() -> dict[str, Any]:
    """Return what of the reference a policy may override: decisions, operations, and the helpers that they have in common."""
    found: dict[str, Any] = {}
    contracts = {getattr(m, "__decision__", "") for m in map(vars_of_reference, dir(Hypervisor))}
    for name in dir(Hypervisor):
        member = vars_of_reference(name)
        if inspect.isfunction(member) and name not in contracts and getattr(member, "__step__", "hypervisor") == "hypervisor":
            found[name] = member
    return {name: member for name, member in found.items() if not name.startswith("__")}


def vars_of_reference(name: str) -> Any:
    """Return what the reference has under a name."""
    return inspect.getattr_static(Hypervisor, name)


def taken() -> dict[str, str]:
    """Return the names that mean something already, each with what it means."""
    found = {name: f"a step of hardware, guests or devices ({name})" for name in WORLD}
    found |= dict.fromkeys(PHASES, "a phase of the prover's")
    found |= {row.name: f"a method of a {row.of}, {row.form}" for row in VALUES}
    found |= dict.fromkeys(Hypervisor.State.parts(), "a part of the state")
    found |= {name: f"a statement of ringfence, {st.file}:{st.line}" for name, st in CATALOGUE.statements.items()}
    found |= {name: f"a fact about platforms, {st.file}:{st.line}" for name, st in (CATALOGUE.axioms | CATALOGUE.boot).items()}
    for name in dir(Hypervisor):
        member = vars_of_reference(name)
        if inspect.isfunction(member) and name not in found and not name.startswith("__"):
            code = member.__code__
            found[name] = f"defined in {code.co_filename}:{code.co_firstlineno}"
    return found


def check_members(program: Program) -> None:
    """Check every method of every policy."""
    may, known = overridable(), taken()
    for function, one in program.written.items():
        name = one.node.name
        if one.owner is None:
            continue
        inherited = any(
            name in vars(cls) for cls in one.owner.__mro__[1:] if cls not in (object, Hypervisor) and cls in program.policies
        )
        if name in may:
            _check_override(program, one, function, may[name])
        elif name in known:
            program.say(
                one.source, one.node, f"{name} is taken: {known[name]}; a policy overrides decisions, operations and helpers"
            )
        elif not inherited and name in program.parts:
            program.say(one.source, one.node, f"{name} is a part of the policy's state already; choose another name")
        else:
            _check_own(program, one, function)
            near = get_close_matches(name, may, 1, NEAR)
            if near and not inherited:
                program.say(one.source, one.node, f"{name} overrides nothing, and reads like {near[0]}: choose another name")
        _check_mark(program, one, function, may.get(name))
        above = next((vars(cls)[name] for cls in one.owner.__mro__[1:] if name in vars(cls)), None)
        if name not in may and above is not None:
            _check_own_override(program, one, function, above)
    for name, (source, node) in program.parts.items():
        if name in known and name not in PHASES:
            field = next((n for n in getattr(node, "body", ()) if getattr(getattr(n, "target", None), "id", "") == name), node)
            program.say(source, field, f"{name} is taken: {known[name]}")


def check_called(program: Program, called: set[Any]) -> None:
    """Note the methods that stand for nothing: they override nothing, have no mark, and nobody calls them."""
    may = overridable()
    for function, one in program.written.items():
        name = one.node.name
        if one.owner is None or name in may or function in called or any(hasattr(function, mark) for mark in MARKS):
            continue
        if not any(name in vars(cls) for cls in one.owner.__mro__[1:]):
            near = get_close_matches(name, may, 1, CLOSE)
            hint = f"override {near[0]}, " if near else ""
            told = f"{name} overrides nothing, has no mark, and nobody calls it: {hint}write @operation above it, or call it"
            program.say(one.source, one.node, told)


def _check_own(program: Program, one: Written, function: Any) -> None:
    names = [p.arg for p in one.node.args.args]
    if names[:1] != ["self"]:
        program.say(one.source, one.node, f"{one.node.name} must stay a method `def {one.node.name}(self, s, ...)`")
    if any(hasattr(function, mark) for mark in MARKS):
        _check_state(program, one, function)
        try:
            given = parameters(function)
        except SignatureError as error:
            program.say(one.source, one.node, f"{error}; annotate each key after `s` so")
            return
        for mark in OF_OPERATIONS:
            operations, *_ = getattr(function, mark, ((),))
            for name in operations:
                _check_operation(program, one, STATED[mark].partition("(")[0], name, given)
        if hasattr(function, "__widens__"):
            _check_widened(program, one, *function.__widens__[1:])


def _check_operation(program: Program, one: Written, mark: str, name: str, given: dict[str, type]) -> None:
    """Check that what a mark names is an operation with a contract, and that its arguments are those that the method takes."""
    if contract_of(name) is None:
        near = get_close_matches(name, CONTRACTS, 1, CLOSE)
        hint = f", as {near[0]} is" if near else ""
        program.say(one.source, one.node.decorator_list[0], f"{mark}: {name} is no operation of the reference{hint}")
        return
    takes = parameters(vars_of_reference(name))
    for argument, kind in given.items():
        if takes.get(argument) is not kind:
            text = ", ".join(f"{n}: {told(t)}" for n, t in takes.items())
            program.say(one.source, one.node, f"{mark}: {argument} is no argument of {name}, which takes ({text})")


def _check_widened(program: Program, one: Written, part: str, fields: tuple[str, ...]) -> None:
    """Check that what is widened is a part of the machine that somebody may change, and fields of it that are no ghosts."""
    if part not in AUTHORITY:
        near = get_close_matches(part, AUTHORITY, 1, CLOSE)
        hint = f", as {near[0]} is" if near else ""
        own = part in program.parts
        why = "is the policy's own, which every operation may change" if own else f"is no part that an operation may change{hint}"
        program.say(one.source, one.node.decorator_list[0], f"@widens: {part} {why}")
        return
    has = [name for name, owner in MachineState.record_of(part).owners().items() if owner is not GHOST]
    for name in fields:
        if name not in has:
            program.say(
                one.source, one.node.decorator_list[0], f"@widens: {name} is no field of {part}, which has {', '.join(has)}"
            )


def _check_own_override(program: Program, one: Written, function: Any, above: Any) -> None:
    """Check what overrides a method of another policy: it is marked as that is, and takes the same."""
    name, other = one.node.name, program.written.get(above)
    if other is None:
        program.say(one.source, one.node, f"{name} is no method in {one.owner.__base__.__name__}")  # type: ignore[union-attr]
        return
    mark = next((m for m in MARKS if hasattr(above, m)), None)
    if [m for m in MARKS if hasattr(function, m)] != ([mark] if mark else []):
        what = {"__step__": "@operation", **STATED}.get(mark or "", "no mark")
        program.say(one.source, one.node, f"{name} overrides {name} at line {other.node.lineno}: it has {what}, as that has")
    wanted, found = (
        [(p.arg, f.__annotations__.get(p.arg)) for p in n.args.args[2:]] for n, f in ((other.node, above), (one.node, function))
    )
    if wanted != found and mark:
        program.say(one.source, one.node, f"{name} overrides {name} at line {other.node.lineno}: it takes the same arguments")


def _check_mark(program: Program, one: Written, function: Any, of_reference: Any) -> None:
    """Check that an override changes nobody's mark."""
    if of_reference is not None and any(hasattr(function, m) for m in STATED):
        program.say(one.source, one.node, f"{one.node.name} is an operation or decision of the reference, and stays one")
    if of_reference is not None and hasattr(function, "__step__") and not hasattr(of_reference, "__step__"):
        program.say(one.source, one.node, f"{one.node.name} is no operation of the reference: leave out @operation")


def _check_override(program: Program, one: Written, function: Any, parent: Any) -> None:
    """Compare what a policy overrides with what the reference declares."""
    hints, given = hints_of(parent), function.__annotations__
    _check_state(program, one, function)
    wanted = list(inspect.signature(parent).parameters)
    found = [p.arg for p in one.node.args.args]
    decision = hasattr(parent, "__decision__")
    differs = [n for n in wanted[2:] if (n in given or not decision) and given.get(n) != hints.get(n)]
    if wanted != found or differs:
        text = ", ".join(f"{n}: {told(hints[n])}" if n in hints and not is_state(hints[n]) else n for n in wanted)
        what = "decision" if decision else "operation" if hasattr(parent, "__step__") else "helper"
        program.say(one.source, one.node, f"the {what} {one.node.name} must keep its arguments: ({text})")
        return
    answer = given.get("return", Any)
    answer = NoneType if answer is None else answer  # as the hints of the model say it
    if answer is not Any and answer != hints["return"] and not (is_state(answer) and is_state(hints["return"])):
        program.say(
            one.source,
            one.node,
            f"{one.node.name} answers {told(program.of_hint(hints['return'], State))}, as it does in the model",
        )
    function.__annotations__ = {n: h for n, h in hints.items() if not is_state(h)} | {
        n: h for n, h in given.items() if n not in hints or is_state(hints[n])
    }


def _check_state(program: Program, one: Written, function: Any) -> None:
    """Check that what comes first is the state."""
    names = [p.arg for p in one.node.args.args]
    hint = function.__annotations__.get(names[1], Any) if len(names) > 1 else None
    if hint is not Any and not is_state(hint):
        program.say(
            one.source, one.node, f"{one.node.name} takes (self, s, ...), and s is the state: annotate it as MachineState or Any"
        )
