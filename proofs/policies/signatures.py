"""What fits: the signatures of what a policy overrides and adds, its state, and its constructor."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from typing import Any

from proofs.policies.files import place_of
from proofs.policies.loaded import PolicyError
from proofs.theorems import CATALOGUE
from proofs.theorems.operations.contracts import WORLD
from pymodel.language.steps import SignatureError, hints_of, parameters
from pymodel.machine import Hypervisor, MachineState

__all__ = ["check_constructor", "check_members", "check_state"]


def _is_models(cls: type) -> bool:
    return cls.__module__.startswith("pymodel.") and not cls.__module__.startswith("pymodel.zoo")


#: What steps, invariants and assumptions are marked with.
MARKED = {"__step__", "__invariant__", "__assume__"}


def check_members(cls: type[Hypervisor]) -> None:
    """Compare what a policy overrides with what the model declares, and check the signatures of what it adds."""
    first: dict[str, tuple[Any, str]] = {}
    for owner in reversed(cls.__mro__):
        for name, member in vars(owner).items():
            marks = getattr(member, "__dict__", {})
            if name in first and not _is_models(owner):
                _check_override(owner, name, member, *first[name])
            elif "__decision__" in marks:
                first.setdefault(name, (member, "decision"))
                first.setdefault(marks["__decision__"], (owner, "contract"))
            elif "__step__" in marks:
                first.setdefault(name, (member, marks["__step__"]))
            if not _is_models(owner):
                _check_own(owner, name, member, marks.keys())


def _check_own(owner: type, name: str, member: Any, marks: Collection[str]) -> None:
    """Check what a policy defines: its name is no other thing's, and it is annotated so that symbols can be made for it."""
    place = place_of(owner, name)
    if "__step__" in marks and name in WORLD:
        raise PolicyError(f"{name} is a step of hardware, guests or devices; choose another name", *place)
    if "__decision__" in marks:
        raise PolicyError(f"{name}: only the reference declares decisions and their contracts; override one of those", *place)
    if not MARKED.isdisjoint(marks):
        if name in CATALOGUE.statements or name in CATALOGUE.axioms:
            raise PolicyError(f"{name} is what a statement of ringfence is called; choose another name", *place)
        try:
            parameters(member)
        except SignatureError as error:
            raise PolicyError(f"{error}; annotate each key after `s` so", *place) from error


def _check_override(owner: type, name: str, member: Any, parent: Any, kind: str) -> None:
    place = place_of(owner, name)
    if kind == "contract":
        if parent is not owner:
            raise PolicyError(f"{name} is a contract, which a policy cannot change; override the decision", *place)
        return
    if kind not in ("hypervisor", "decision"):
        raise PolicyError(f"{name} is a step of the {kind}, which a policy cannot change; remove it", *place)
    if not inspect.isfunction(member) or getattr(member, "__step__", "hypervisor") != "hypervisor":
        raise PolicyError(f"{name} must stay a method `def {name}(self, s, ...)` of the hypervisor", *place)
    try:
        wanted, found = _arguments(parent), _arguments(member)
    except (NameError, TypeError) as error:
        raise PolicyError(f"{name}: {error}; annotations must be names of the module", *place) from error
    if [(n, k) for n, _, k in wanted] != [(n, k) for n, _, k in found] or any(
        got != want for (_, want, _), (_, got, _) in zip(wanted, found, strict=True) if got or kind != "decision"
    ):
        text = ", ".join(["self", "s", *(f"{n}: {t.__name__ if t else '?'}" for n, t, _ in wanted)])
        what = "decision" if kind == "decision" else "operation"
        raise PolicyError(f"the {what} {name} must keep its arguments: ({text})", *place)


def _arguments(function: Any) -> list[tuple[str, Any, Any]]:
    """Return name, type and kind of each argument after `self` and the state."""
    hints = hints_of(function)
    found = list(inspect.signature(function).parameters.values())
    if len(found) < 2:  # noqa: PLR2004 - self and the state
        raise TypeError("a method of a policy takes (self, s, ...)")
    return [(p.name, hints.get(p.name), p.kind) for p in found[2:]]


def check_state(cls: type[Hypervisor]) -> None:
    """Check that a policy's state keeps the machine and is made of maps and records."""
    owner = next(c for c in cls.__mro__ if "State" in vars(c))
    state: Any = cls.State
    if not (inspect.isclass(state) and issubclass(state, MachineState)):
        message = "State must be `class State(Hypervisor.State)`, so that it keeps the machine"
        raise PolicyError(message, *place_of(owner, "State"))
    try:
        for shape in state.shapes().values():
            record: Any = getattr(shape, "record", shape)
            record.fields()
            record.default().check()
    except Exception as error:
        message = (
            f"State: {type(error).__name__}: {error}; fields are Map[key types, Record] or a Record, whose fields have defaults"
        )
        raise PolicyError(message, *place_of(owner, "State")) from error


def check_constructor(cls: type[Hypervisor]) -> None:
    """Check that a policy can be made without arguments."""
    owner = next((c for c in cls.__mro__ if "__init__" in vars(c) and c is not object), cls)
    needed = [
        p.name
        for p in inspect.signature(cls).parameters.values()
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    if needed:
        message = f"the constructor needs {', '.join(needed)}; a policy is made without arguments: remove it"
        raise PolicyError(message, *place_of(owner, "__init__"))
    try:
        cls()
    except Exception as error:
        raise PolicyError(f"making it raised {type(error).__name__}: {error}", *place_of(owner, "__init__")) from error
