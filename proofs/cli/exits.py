"""Exit codes, a contract with the scripts that run ringfence, and the exception that stops a command with a message."""

from __future__ import annotations

import os
import signal
from enum import IntEnum
from types import FrameType
from typing import NoReturn

from proofs.verdicts import ObligationVerdict, ProveReport, TheoremResult, Verdict

__all__ = ["Code", "Stop", "after_interrupt", "catch_termination", "of_report", "worst"]


class Code(IntEnum):
    """What each exit code means; the README prints this table."""

    HOLDS = 0
    REFUTED = 1
    INPUT = 2
    UNDECIDED = 3
    MISSING = 4
    DISAGREEMENT = 5
    INTERNAL = 70
    INTERRUPTED = 130
    TERMINATED = 143


#: When several hold, the first of these wins.
PRECEDENCE = (Code.DISAGREEMENT, Code.INTERNAL, Code.REFUTED, Code.INPUT, Code.MISSING, Code.UNDECIDED)


class Stop(Exception):  # noqa: N818 - it stops a command, with a message; often no error of anyone's
    """A command cannot go on; the message is for the user."""

    def __init__(self, code: Code, message: str) -> None:
        """Keep code and message."""
        super().__init__(message)
        self.code, self.message = code, message


def worst(*codes: int) -> int:
    """Return the code that wins; a code outside the contract counts as an internal error."""
    found = set(codes) - {Code.HOLDS}
    if not found:
        return Code.HOLDS
    return next((code for code in PRECEDENCE if code in found), Code.INTERNAL)


def of_report(report: ProveReport) -> int:
    """Return the code that a report of `prove` asks for; an interrupt is not its to judge."""
    codes = [_of_verdict(result) for result in report.theorems]
    codes += [Code.DISAGREEMENT if o.verdict == ObligationVerdict.DISAGREEMENT else Code.UNDECIDED for o in report.failures]
    if not any(_shows_something(result) for result in report.theorems):
        codes.append(Code.UNDECIDED)
    return worst(*codes)


def _of_verdict(result: TheoremResult) -> Code:
    known = {
        Verdict.PROVED: Code.HOLDS,
        Verdict.OPEN: Code.HOLDS,
        Verdict.REFUTED: Code.REFUTED,
        Verdict.NOT_INDUCTIVE: Code.UNDECIDED,
        Verdict.VACUOUS: Code.UNDECIDED,
        Verdict.UNKNOWN: Code.UNDECIDED,
        Verdict.BOUNDED: Code.UNDECIDED,
        ObligationVerdict.DISAGREEMENT: Code.DISAGREEMENT,
    }
    return known.get(result.verdict, Code.INTERNAL)


def _shows_something(result: TheoremResult) -> bool:
    return result.verdict == Verdict.PROVED or result.obligations > 0


_TERMINATED: list[int] = []


def catch_termination() -> None:
    """Make SIGTERM an interrupt like Ctrl-C, and remember that it was SIGTERM."""
    _TERMINATED.clear()

    def stop(number: int, _frame: FrameType | None) -> NoReturn:
        _TERMINATED.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    os.register_at_fork(after_in_child=_die_of_termination)


def _die_of_termination() -> None:
    """Let SIGTERM end a worker process at once, as the prover expects when it stops one."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def after_interrupt() -> Code:
    """Return the code for the signal that interrupted this run."""
    return Code.TERMINATED if _TERMINATED else Code.INTERRUPTED
