"""Where in a policy's own text something went wrong: what the reference's code says is no news to the policy's author."""

from __future__ import annotations

import traceback
from types import FunctionType
from typing import Any

from pymodel.language.steps import Transition
from pymodel.machine import Hypervisor

__all__ = ["own_place"]


def own_functions(policy: Any) -> list[FunctionType]:
    """Return the methods that a policy has beside the reference's, in the order of its text."""
    classes = [cls for cls in type(policy).__mro__ if cls not in Hypervisor.__mro__]
    found = [f for cls in classes for f in vars(cls).values() if isinstance(f, FunctionType)]
    return sorted(found, key=lambda f: (f.__code__.co_filename, f.__code__.co_firstlineno))


def own_place(policy: Any, step: Transition, error: BaseException) -> str:
    """Return file and line of the policy's text that raised an exception or called what did; the step's place if none did.

    Where only the whole step was too much, and the step is the reference's, it is the first method that the policy overrides.
    """
    own = own_functions(policy)
    files = {f.__code__.co_filename for f in own} | {step.file}
    lines = [(f.filename, f.lineno) for f in traceback.extract_tb(error.__traceback__) if f.filename in files]
    theirs = [place for place in lines if place[0] != step.file] or lines
    if not theirs and own and step.file not in {f.__code__.co_filename for f in own}:
        theirs = [(own[0].__code__.co_filename, own[0].__code__.co_firstlineno)]
    file, line = theirs[-1] if theirs else (step.file, step.line)
    return f"{file}:{line}"
