"""Limits of time: a whole run's, on the wall; a task's, of the processor, so that a busy machine gives nothing up."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import NoReturn

__all__ = ["OUT_OF_TIME", "OutOfTimeError", "late_after", "of_processor", "of_wall"]

#: Why a task is given up that took longer than tasks may.
OUT_OF_TIME = "given up: it took longer than one step may"


class OutOfTimeError(BaseException):
    """The time is over, wherever the program is; no `except Exception` of a search holds it up."""


def late_after(seconds: float) -> Callable[[], bool]:
    """Return what says whether this process has worked for so long from now on."""
    end = time.process_time() + seconds
    return lambda: time.process_time() > end


@contextmanager
def _alarm(timer: int, number: signal.Signals, seconds: float | None) -> Iterator[None]:
    if seconds is None:
        yield
        return

    def over(_number: int, _frame: FrameType | None) -> NoReturn:
        raise OutOfTimeError

    try:
        before = signal.signal(number, over)
    except ValueError:  # not the main thread, which alone hears signals
        yield
        return
    signal.setitimer(timer, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(timer, 0)
        signal.signal(number, before)


def of_wall(seconds: float | None) -> AbstractContextManager[None]:
    """Raise `OutOfTimeError` after so many seconds; never, if there is no limit."""
    return _alarm(signal.ITIMER_REAL, signal.SIGALRM, seconds)


def of_processor(seconds: float | None) -> AbstractContextManager[None]:
    """Raise `OutOfTimeError` once this process has worked for so many seconds; never, if there is no limit."""
    return _alarm(signal.ITIMER_PROF, signal.SIGPROF, seconds)
