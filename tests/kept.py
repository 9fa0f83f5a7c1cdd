"""What tests of one file share though it is made of terms: it is made again where terms were dropped meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from proofs.engine.terms import Node, variable

T = TypeVar("T")


def kept(make: Callable[[], T]) -> Callable[[], T]:
    """Keep what a function returns, as long as the terms that it is made of are the ones in use."""
    made: list[tuple[Node, T]] = []

    @wraps(make)
    def again() -> T:
        mark = variable("terms of a test", 1)
        if not made or made[0][0] is not mark:
            made[:] = [(mark, make())]
        return made[0][1]

    return again
