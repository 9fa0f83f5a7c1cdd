"""The table of the reading guide: which Python steps the actions of the modules stand for. `python -m` this prints it."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from proofs.tla.binding.conform import BINDINGS
from proofs.tla.binding.declared import DECLARED
from proofs.tla.binding.language import Action, Binding
from pymodel.machine import Hypervisor, steps

__all__ = ["BEGIN", "END", "everything", "known_steps", "markdown"]

BEGIN, END = "<!-- python -m proofs.tla.binding.table -->", "<!-- end of the table -->"
#: Where the functions of the maps are.
MAPS = "proofs.tla.binding."
IDENTIFIER = re.compile(r"\b[A-Z]\w*")


def strings(thing: Any, seen: set[CodeType]) -> Iterator[str]:
    """Yield the strings in a value, in a function and in what it uses, in order; each function once."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, tuple | list):
        for one in thing:
            yield from strings(one, seen)
    elif isinstance(thing, CodeType):
        for one in thing.co_consts:
            yield from strings(one, seen)
    elif isinstance(thing, FunctionType) and thing.__module__.startswith(MAPS) and thing.__code__ not in seen:
        seen.add(thing.__code__)
        yield from strings(thing.__code__, seen)
        inner = [c.co_names for c in thing.__code__.co_consts if isinstance(c, CodeType)]
        names = [*thing.__code__.co_names, *(name for names in inner for name in names)]
        for one in (*(c.cell_contents for c in thing.__closure__ or ()), *(thing.__globals__.get(n) for n in names)):
            yield from strings(one, seen) if isinstance(one, str | tuple | FunctionType) else ()


@functools.cache
def known_steps() -> frozenset[str]:
    """Return the steps of the Python model."""
    return frozenset(t.name for t in steps(Hypervisor()))


def python_steps(action: Action) -> tuple[str, ...]:
    """Return the Python steps that an action may take."""
    return tuple(dict.fromkeys(name for name in strings(action.steps, set()) if name in known_steps()))


def module_action(binding: Binding, action: Action) -> str:
    """Return the name that the module has for an action of the map."""
    others = {a.name for a in binding.actions} & set(IDENTIFIER.findall(action.tla))
    return action.name if action.name in others or not others else others.pop()


def actions_of(binding: Binding) -> dict[str, tuple[str, ...]]:
    """Return the actions of a bound module, and for each the Python steps; a call that comes to nothing is none of them."""
    out: dict[str, tuple[str, ...]] = {}
    for action in binding.actions:
        if not action.refusal:
            name = module_action(binding, action)
            out[name] = tuple(dict.fromkeys([*out.get(name, ()), *python_steps(action)]))
    return out | {u.name: () for u in binding.unbound}


def everything() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the same for every module, bound or only declared."""
    declared = {name: {a.action: a.steps for a in d.actions} for name, d in DECLARED.items()}
    return {name: actions_of(binding) for name, binding in BINDINGS.items()} | declared


def markdown() -> str:
    """Return the table: what is called otherwise in Python, and at the end what stands for nothing."""
    rows: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    nothing: dict[str, list[str]] = {}
    for module, actions in everything().items():
        for name, taken in actions.items():
            if not taken:
                nothing.setdefault(module, []).append(f"`{name}`")
            elif taken != (re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(),):
                rows.setdefault((name, taken), []).append(module)
    lines = ["| action | steps of the Python model |", "| --- | --- |"]
    lines += [f"| `{name}` ({', '.join(m)}) | {', '.join(f'`{t}`' for t in taken)} |" for (name, taken), m in rows.items()]
    lines += [f"| {', '.join(names)} ({module}) | none |" for module, names in nothing.items()]
    return "\n".join([BEGIN, "", *lines, "", END])


if __name__ == "__main__":
    sys.stdout.write(markdown() + "\n")
