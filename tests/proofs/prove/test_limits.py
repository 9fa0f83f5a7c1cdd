"""Limits of time: they hold wherever the program is when the time is over, also where an exception would be lost."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable

import pytest
import z3

from proofs.prove.limits import OutOfTimeError, late_after, of_processor, of_wall

#: Seconds that a limit gives, and those that the program is busy for meanwhile.
SOON, BUSY = 0.05, 0.15


def work_for_ever() -> None:
    """Work, whatever is raised meanwhile."""
    while True:
        with contextlib.suppress(Exception):
            sum(range(1000))


def test_time_that_is_over_is_told_wherever_the_program_is() -> None:
    """The limit is the wall's or the processor's, no handler of exceptions holds it up, and without one nothing happens."""
    for limit in (of_wall, of_processor):
        with pytest.raises(OutOfTimeError), limit(SOON):
            work_for_ever()
        with limit(None), limit(30.0):
            pass
    assert not late_after(60.0)()
    assert late_after(-1.0)()


def busy() -> None:
    """Work for longer than the limit is."""
    end = time.monotonic() + BUSY
    while time.monotonic() < end:
        sum(range(100))


def collect() -> None:
    """Collect garbage, whereupon a callback takes its time."""

    def called(_phase: str, _: dict[str, int]) -> None:
        busy()

    gc.callbacks.append(called)
    try:
        gc.collect()
    finally:
        gc.callbacks.remove(called)


class Ends:
    """Takes its time to end."""

    def __del__(self) -> None:
        """End."""
        busy()


class Slow:
    """A part of an argument of z3's that takes its time to be made for C; an error there is told as another one."""

    @property
    def _as_parameter_(self) -> int:
        busy()
        return 1


def ask_z3() -> None:
    """Give z3 such an argument."""
    z3.Z3_mk_string_symbol(z3.main_ctx().ref(), "x")
    z3.Z3_mk_int_symbol(z3.main_ctx().ref(), Slow())


def then_work(first: Callable[[], object]) -> None:
    """Do something, and then work until that is ended."""
    with of_wall(SOON):
        first()
        work_for_ever()


@pytest.mark.parametrize("first", [collect, Ends, ask_z3])
def test_a_limit_is_not_lost_where_an_exception_would_be(first: Callable[[], object]) -> None:
    """The time is over while nobody would hear of it: it is told as soon as somebody does."""
    with pytest.raises(OutOfTimeError):
        then_work(first)


def take_it() -> None:
    """Work until the time is over, take that for one's own, and go on."""
    with contextlib.suppress(OutOfTimeError):
        work_for_ever()
    busy()


def test_a_limit_that_is_lost_all_the_same_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes every exception for his own gets it again, and not at once: there is time to clean up."""
    monkeypatch.setattr("proofs.prove.limits.AGAIN", 0.3)
    with pytest.raises(OutOfTimeError):
        then_work(take_it)
