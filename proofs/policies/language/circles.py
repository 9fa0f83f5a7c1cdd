"""Calls end: no function of a policy comes back to itself, be it through the reference or through a method that it overrides."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from proofs.policies.code_references import named
from proofs.policies.language.program import Program

__all__ = ["check_circles"]


def check_circles(program: Program) -> None:
    """Note each call of a policy that may come back to the function that makes it."""
    for function, called in list(program.calling.items()):
        for target, (source, node) in called.items():
            way = _way(program, target, function)
            if way:
                names = " -> ".join(f.__name__ for f in (function, *way))
                program.say(source, node, f"a circle of calls: {names}; calls must end: write what the last does in place")


def _way(program: Program, start: Any, end: Any) -> list[Any]:
    """Return the shortest way from one function to another along calls, or nothing."""
    ways: dict[Any, list[Any]] = {start: [start]}
    queue = [start]
    while queue:
        current = queue.pop(0)
        if current is end:
            return ways[current]
        for target in _calls(program, current):
            if target not in ways:
                ways[target] = [*ways[current], target]
                queue.append(target)
    return []


def _calls(program: Program, function: Any) -> list[Any]:
    """Return what a function calls: noted for the policy's, by the code of the model's, whose `self` is the policy."""
    if function in program.written:
        return list(program.calling.get(function, {}))
    if not isinstance(function, FunctionType):
        return list(program.calling.get(function, {}))
    names, own = named(function.__code__)
    found = [function.__globals__.get(n) for n in names] + [getattr(program.policy, n, None) for n in own]
    return [f for f in found if isinstance(f, FunctionType)]
