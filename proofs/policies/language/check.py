"""The check of a policy, once its files are declared: its methods fit, each function comes to what it should, and calls end."""

from __future__ import annotations

import ast
from typing import Any

from proofs.policies.language.circles import check_circles
from proofs.policies.language.functions.calls import STATED
from proofs.policies.language.functions.kinds import Items, fits, told
from proofs.policies.language.members import check_called, check_members, overridable
from proofs.policies.language.program import Program
from pymodel.language.state import MapShape
from pymodel.language.steps import hints_of
from pymodel.machine import Hypervisor

__all__ = ["check"]


def check(program: Program) -> None:
    """Note all that is wrong with a policy's files."""
    check_members(program)
    may, called = overridable(), set[Any]()
    for policy in program.policies or [Hypervisor]:
        program.policy = policy
        program.calling.clear()
        for function, one in program.written.items():
            if one.owner is not None and issubclass(policy, one.owner):
                _check_answer(program, function, may)
        for function, one in program.written.items():
            if one.owner is None and not any(key[1] is function for key in program.known):
                program.whole(function)
        called.update(target for targets in program.calling.values() for target in targets)
        check_circles(program)
    if not program.findings:
        check_called(program, called)
        check_inner(program, called)


def check_inner(program: Program, called: set[Any]) -> None:
    """Note the functions inside functions that nobody calls: what they say was never gone through."""
    for function, one in program.written.items():
        if one.owner is not None or function in called:
            for node in ast.walk(one.node):
                if isinstance(node, ast.FunctionDef | ast.Lambda) and node is not one.node and node not in program.ran:
                    program.say(one.source, node, "a function that nobody calls: remove it")


def _key_wanted(program: Program, function: Any, found: Any) -> Any:
    """Return the kind that what is stated comes to: a truth value, or the key at which a contract is widened, or how it begins."""
    _, part, _ = getattr(function, "__widens__", ((), "", ()))
    shape = program.policy.State.shapes().get(part)
    if not isinstance(shape, MapShape):
        return bool
    return Items(shape.keys[: max(1, len(found.parts))]) if isinstance(found, Items) else shape.keys[0]


def _check_answer(program: Program, function: Any, may: dict[str, Any]) -> None:
    """Check what a method comes to by what is asked of it."""
    one = program.written[function]
    found, may_refuse = program.whole(function)
    if one.node.name in may:
        wanted = program.of_hint(hints_of(may[one.node.name])["return"], program.policy.State)
    elif hasattr(function, "__step__"):
        wanted = program.policy.State
    elif any(hasattr(function, mark) for mark in STATED):
        wanted = _key_wanted(program, function, found)
        if may_refuse:
            program.say(
                one.source,
                one.node,
                f"{one.node.name} may refuse: what it says, it says of every state",
            )
    else:
        return
    if not fits(found, wanted):
        program.say(one.source, one.node, f"{one.node.name} comes to {told(found)}, and {told(wanted)} is asked for")
