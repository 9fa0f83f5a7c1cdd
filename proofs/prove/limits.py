"""Limits of time: a whole run's, on the wall; a task's, of the processor, so that a busy machine gives nothing up."""

from __future__ import annotations

import gc
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from types import FrameType
from typing import Any

__all__ = ["OUT_OF_TIME", "OutOfTimeError", "late_after", "of_processor", "of_wall"]

#: Why a task is given up that took longer than tasks may.
OUT_OF_TIME = "given up: it took longer than one step may"

#: Seconds between two attempts to raise once the time is over; and from a raise to the next, if it was lost all the same.
TICK, AGAIN = 0.001, 5.0
#: Packages that are never cut off, nor what they call.
UNTOUCHED = ("z3", "weakref", "_weakrefset")


class OutOfTimeError(BaseException):
    """The time is over, wherever the program is; no `except Exception` of a search holds it up."""


def late_after(seconds: float) -> Callable[[], bool]:
    """Return what says whether this process has worked for so long from now on."""
    end = time.process_time() + seconds
    return lambda: time.process_time() > end


class _Alarm(AbstractContextManager[None]):
    """Raises `OutOfTimeError` at the end of the time, or as soon after it as the program is where that may be raised."""

    def __init__(self, timer: int, number: signal.Signals, seconds: float | None) -> None:
        self.timer, self.number, self.seconds = timer, number, seconds
        self.before: list[Any] = []

    def __enter__(self) -> None:
        if self.seconds is None:
            return
        with suppress(ValueError):  # not the main thread, which alone hears signals
            self.before = [signal.signal(self.number, self.over)]
            signal.setitimer(self.timer, max(self.seconds, 0.001), TICK)

    def __exit__(self, *_: object) -> None:
        for handler in self.before:
            signal.setitimer(self.timer, 0)
            signal.signal(self.number, handler)

    def over(self, _number: int, frame: FrameType | None) -> None:
        """Raise; where it would be lost, or do harm, wait for the next tick."""
        if _may_raise(frame):
            signal.setitimer(self.timer, AGAIN, TICK)
            raise OutOfTimeError


def _may_raise(frame: FrameType | None) -> bool:
    """Say whether what is raised here arrives at whoever set the limit, and leaves nothing behind that does harm.

    What is raised in a destructor is lost, and so it is in what a weak reference or the collector of garbage calls. Where z3's
    arguments are made for C, it turns into another error; and an object of z3 that is cut off before its reference is counted
    gives back one that it never took.
    """
    never = {getattr(called, "__code__", None) for called in gc.callbacks} | {_Alarm.__enter__.__code__, _Alarm.__exit__.__code__}
    while frame is not None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package in UNTOUCHED or frame.f_code.co_name == "__del__" or frame.f_code in never:
            return False
        frame = frame.f_back
    return True


def of_wall(seconds: float | None) -> AbstractContextManager[None]:
    """Raise `OutOfTimeError` after so many seconds; never, if there is no limit."""
    return _Alarm(signal.ITIMER_REAL, signal.SIGALRM, seconds)


def of_processor(seconds: float | None) -> AbstractContextManager[None]:
    """Raise `OutOfTimeError` once this process has worked for so many seconds; never, if there is no limit."""
    return _Alarm(signal.ITIMER_PROF, signal.SIGPROF, seconds)
