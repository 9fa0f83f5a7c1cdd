"""What code mentions: the names in a function and in all that it calls, and the steps that a policy has of its own."""

from __future__ import annotations

import dis
import inspect
from functools import cache
from types import CodeType, FunctionType
from typing import Any

from pymodel.machine import Hypervisor, steps

__all__ = ["is_of_the_reference", "mentioned", "read_by_its_own", "touched"]

#: The package of the reference hypervisor.
REFERENCE = "pymodel.hypervisor"


def is_of_the_reference(module: str) -> bool:
    """Say whether a module, by its name, is the reference hypervisor's, and not a policy's or the hardware's."""
    return module == REFERENCE or module.startswith(f"{REFERENCE}.")


@cache
def named(code: CodeType) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that code mentions, and those of them that it looks up in its `self`."""
    names, own, previous = set(code.co_names), set(), None
    for instruction in dis.get_instructions(code):
        if instruction.argval in names and previous is not None and previous.opname.startswith(("LOAD_FAST", "LOAD_DEREF")):
            loaded = previous.argval if isinstance(previous.argval, tuple) else (previous.argval,)
            own |= {str(instruction.argval)} if loaded[-1] == "self" else set()
        previous = instruction
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found = named(inner)
            names, own = names | found[0], own | found[1]
    return frozenset(names), frozenset(own)


def mentioned(function: Any, owner: Any = None) -> tuple[set[str], set[str]]:
    """Return the same for a function and all that it calls; `owner` is the class of its `self`."""
    names, own, seen = set[str](), set[str](), set[CodeType]()
    todo = [function]
    while todo:
        one = todo.pop()
        one = inspect.unwrap(getattr(one, "__func__", one))
        if one.__code__ in seen:
            continue
        seen.add(one.__code__)
        used, through_self = named(one.__code__)
        names, own = names | used, own | through_self
        things = [one.__globals__[n] for n in used if n in one.__globals__]
        targets = [*things, *(getattr(t, n, None) for t in things for n in used if not isinstance(t, FunctionType))]
        targets += [getattr(owner, n, None) for n in through_self]
        todo += [f for f in targets if isinstance(getattr(f, "__func__", f), FunctionType)]
    return names, own


def touched(policy: Any) -> set[str]:
    """Return the steps of a policy whose code, or code that they use, is not the reference's."""
    cls = type(policy)
    own = {n for n in dir(cls) if not n.startswith("__") and getattr(cls, n) is not getattr(Hypervisor, n, None)}
    ours = [t for t in steps(policy) if t.actor == "hypervisor"]
    return {t.name for t in ours if t.name in own or own & mentioned(t.function, cls)[1]}


def read_by_its_own(policy: Any) -> set[str]:
    """Return the names that a policy's own methods mention, without those of what they call."""
    cls = type(policy)
    own = [getattr(cls, n) for n in dir(cls) if not n.startswith("__") and getattr(cls, n) is not getattr(Hypervisor, n, None)]
    codes = [inspect.unwrap(f).__code__ for f in own if isinstance(f, FunctionType)]
    return set[str]().union(*(named(code)[0] for code in codes))
