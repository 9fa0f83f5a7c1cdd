"""The header of a policy: what it overrides, adds and states, and what it assumes, excuses and widens, each with its place."""

from __future__ import annotations

import inspect
from typing import Any

from proofs.policies.loaded import LoadedPolicy
from proofs.policies.policy_statements import assumptions, excuses, own_invariants, widenings
from proofs.verdicts import printable
from pymodel.language.steps import steps_of
from pymodel.machine import Hypervisor, MachineState

__all__ = ["header", "place_of"]

#: The marks of methods that say something of the policy, and are no code that a step runs.
SAYS = ("__invariant__", "__assume__", "__excuse__", "__widens__")


def header(policy: LoadedPolicy) -> dict[str, list[dict[str, str]]]:
    """Return the header, one list of facts (name, reason, place) for each kind."""
    instance, ours = policy.instance(), set(policy.files)
    methods = [(name, member) for name, member in inspect.getmembers(policy.cls, inspect.isfunction) if place_of(member)[0] in ours]
    code = [(name, member) for name, member in methods if not any(hasattr(member, mark) for mark in SAYS)]
    own = {t.name for t in steps_of(instance)}
    parts = [name for name in policy.cls.State.shapes() if name not in MachineState.shapes()]
    overridden = [fact(name, first_line(member), member) for name, member in code if hasattr(Hypervisor, name)]
    added = [
        fact(name, "an operation" if name in own else "a helper", member) for name, member in code if not hasattr(Hypervisor, name)
    ]
    return {
        "overridden": overridden,
        "added": [*added, *({"name": name, "reason": "a part of the state", "place": ""} for name in parts)],
        "stated": [{"name": s.name, "reason": printable(s.title), "place": f"{s.file}:{s.line}"} for s in own_invariants(instance)],
        "assumed": [{"name": s.name, "reason": why, "place": f"{s.file}:{s.line}"} for s, why in assumptions(instance)],
        "excused": [{"name": e.statement.name, "reason": e.text, "place": e.place} for e in excuses(instance)],
        "widened": [{"name": w.statement.name, "reason": w.text, "place": w.place} for w in widenings(instance)],
    }


def place_of(function: Any) -> tuple[str, int]:
    """Return where a function stands."""
    code = inspect.unwrap(function).__code__
    return code.co_filename, code.co_firstlineno


def fact(name: str, reason: str, member: Any) -> dict[str, str]:
    """Return one fact of a header."""
    file, line = place_of(member)
    return {"name": name, "reason": reason, "place": f"{file}:{line}"}


def first_line(member: Any) -> str:
    """Return the first line of a function's English, or nothing."""
    return printable(next(iter((inspect.getdoc(member) or "").splitlines()), ""))
