"""Operations of a policy's own, which no scenario knows: asked for where a scenario's step is refused for want of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proofs.search.scenarios.runs.parts import HOST
from pymodel.language.steps import Transition
from pymodel.machine import Hypervisor, steps

__all__ = ["offers", "own_operations"]


def own_operations(policy: Any) -> list[Transition]:
    """Return the operations of a policy that the reference does not have."""
    return [t for t in steps(policy) if t.actor == "hypervisor" and not hasattr(Hypervisor, t.name)]


def offers(own: list[Transition], params: dict[str, type], args: dict[str, int]) -> Iterator[tuple[Transition, dict[str, int]]]:
    """Yield each of a policy's own operations with what a refused step was given, asked for by its caller and by the host."""
    for transition in own:
        given = {name: like(name, kind, params, args) for name, kind in transition.params.items()}
        yield transition, given
        if given.get("caller", HOST) != HOST:
            yield transition, {**given, "caller": HOST}


def like(name: str, kind: type, params: dict[str, type], args: dict[str, int]) -> int:
    """Return the argument of that name and type, else one of that type, else 1."""
    if params.get(name) is kind and name in args:
        return args[name]
    return next((args[n] for n, k in params.items() if k is kind and n in args), 1)
