"""Executors: who runs the tasks. A step prover is made once; whoever runs a task has one like it."""

from __future__ import annotations

import gc
import signal
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import Protocol

from proofs.prove.limits import OUT_OF_TIME, OutOfTimeError, of_processor
from proofs.prove.step_prover import StepProver
from proofs.prove.tasks import Done, Search, Task

__all__ = ["Executor", "Forked", "Start"]

#: Terms that a worker keeps before it begins afresh (a term takes about half a kilobyte).
TERMS = 400_000
#: New objects between two looks for garbage. Terms are kept for long: to look at them over and over takes a twentieth of the time.
GARBAGE = 200_000


class Executor(Protocol):
    """Runs tasks beside one another. A worker that dies makes the futures of all tasks raise `BrokenExecutor`, and ends it."""

    def submit(self, task: Task) -> Future[Done]:
        """Begin a task, or queue it."""

    def give_up(self) -> None:
        """Tell the workers that the policy is refuted: what else its own steps break is worth little effort."""

    def close(self) -> None:
        """End whatever runs."""


class Start(Protocol):
    """Makes an executor that runs so many tasks at once."""

    def __call__(self, width: int) -> Executor:
        """Make it."""


class Forked:
    """Makes executors of processes that are forked from this one, and go on with the terms that it has."""

    def __init__(self, prover: StepProver) -> None:
        """Take the step prover; that the policy is refuted is told to the processes of all executors that it makes."""
        self.prover, self.refuted = prover, get_context("fork").Event()

    def __call__(self, width: int) -> ForkedExecutor:
        """Make what the processes have in common, and then the executor."""
        self.prover.prepare()
        return ForkedExecutor(self.prover, width, self.refuted)


class ForkedExecutor:
    """Processes of this machine."""

    def __init__(self, prover: StepProver, width: int, refuted: Event) -> None:
        """Fork so many processes."""
        self.refuted = refuted
        self.pool = ProcessPoolExecutor(width, get_context("fork"), _Worker.begin, (prover, refuted))

    def submit(self, task: Task) -> Future[Done]:
        """Give a task to the next process that is free."""
        return self.pool.submit(_Worker.run, task)

    def give_up(self) -> None:
        """Tell the processes that the policy is refuted."""
        self.refuted.set()

    def close(self) -> None:
        """End the processes, whatever they are at."""
        for process in list((getattr(self.pool, "_processes", None) or {}).values()):
            process.terminate()
        self.pool.shutdown(wait=False, cancel_futures=True)


class _Worker:
    """A forked process; it has one step prover at a time."""

    prover: StepProver

    @classmethod
    def begin(cls, prover: StepProver, refuted: Event) -> None:
        """Prepare the process."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.freeze()
        gc.set_threshold(GARBAGE)
        prover.is_refuted = refuted.is_set
        cls.prover = prover

    @classmethod
    def run(cls, task: Task) -> Done:
        """Run a task, with a new step prover where there are too many terms."""
        from proofs.engine.solvers.solver import forget, size  # noqa: PLC0415 - imports z3

        if size() > TERMS:
            forget()
            cls.prover = cls.prover.afresh()
        try:
            with of_processor(task.seconds if isinstance(task, Search) else None):
                return task.run(cls.prover)
        except OutOfTimeError:  # what it was at may be half made
            forget()
            cls.prover = cls.prover.afresh()
            return Done(task, missing=OUT_OF_TIME)
