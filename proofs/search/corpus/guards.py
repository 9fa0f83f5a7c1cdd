"""The guards of the reference: each has a name, by which step, reason and function it is met, and not by its line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from proofs.engine.maps import argument, symbolic_state
from proofs.engine.paths import Path, explore, is_program
from pymodel.language.outcomes import Refused
from pymodel.language.steps import Transition
from pymodel.machine import Hypervisor, MachineState, steps

__all__ = ["Guard", "Lines", "arbitrary_arguments", "guard_of", "guards", "lines_of", "paths_of", "steps_by_name"]

#: The functions on the way to a guard, outermost first, each with its line.
Lines = tuple[tuple[str, int], ...]


class Guard(NamedTuple):
    """A guard of a step: for which reason it refuses, the functions on the way to it, and which it is of several like it."""

    step: str
    reason: str
    functions: tuple[str, ...]
    number: int

    def __str__(self) -> str:
        """Return it as the corpus writes it."""
        return f"{self.step}: {self.reason} in {' > '.join(self.functions)} ({self.number})"


def arbitrary_arguments(step: Transition) -> dict[str, Any]:
    """Return arguments of a step that may be anything."""
    return {n: argument(t, f"guard!{n}") for n, t in step.params.items()}


def paths_of(step: Transition, state: Any) -> Iterator[tuple[dict[str, Any], Path]]:
    """Run a step with arbitrary arguments on a state, which may be arbitrary as well; yield each path, with the arguments."""
    arguments = arbitrary_arguments(step)
    for path in explore(lambda: step(state, **arguments)):
        yield arguments, path


@cache
def steps_by_name() -> dict[str, Transition]:
    """Return the reference's steps."""
    return {t.name: t for t in steps(Hypervisor())}


@cache
def guards() -> dict[tuple[str, str, Lines], Guard]:
    """Return the guards of the reference's steps on an arbitrary state, by the lines on the way to them."""
    alike: dict[tuple[str, str, tuple[str, ...]], set[Lines]] = defaultdict(set)
    for step in steps_by_name().values():
        for _, path in paths_of(step, symbolic_state(MachineState)):
            for asked in path.asked:
                if asked.reason is not None:
                    functions = tuple(name for name, _ in asked.where)
                    alike[step.name, str(asked.reason), functions].add(asked.where)
    return {
        (name, reason, where): Guard(name, reason, functions, n)
        for (name, reason, functions), found in alike.items()
        for n, where in enumerate(sorted(found), 1)
    }


def lines_of(refused: Refused) -> Lines:
    """Return the lines on the way to the guard that refused a step."""
    out, trace = list[tuple[str, int]](), refused.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is Transition.__call__.__code__:
            out.clear()
        if is_program(str(trace.tb_frame.f_globals.get("__name__"))):
            out.append((trace.tb_frame.f_code.co_qualname, trace.tb_lineno))
        trace = trace.tb_next
    return tuple(out)


def guard_of(name: str, refused: Refused) -> Guard | None:
    """Return the guard of the reference that refused a step."""
    return guards().get((name, str(refused.reason), lines_of(refused)))
