"""The scheduler: the tasks of a policy in order, what the cache knows of them, and what comes of them.

Each obligation is known by the formulas that it is made of (`proofs.prove.keys`). So after an edit only those obligations are
decided again that the edit changed, whichever file or policy they stand in.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from proofs.engine.hints import recorded
from proofs.policies.code_references import touched
from proofs.prove.executors import Start
from proofs.prove.keys import Keys
from proofs.prove.limits import OUT_OF_TIME
from proofs.prove.step_prover import Setup, StepProver
from proofs.prove.tasks import (
    NO_TIME,
    Begin,
    Decide,
    DecidePowerOn,
    DecideStep,
    Done,
    Pursue,
    RunWitnesses,
    Scout,
    Search,
    Survey,
    Task,
    promises_first,
)
from proofs.theorems import CATALOGUE
from proofs.verdicts import ObligationVerdict

__all__ = ["Scheduler", "differing", "keep", "known", "ordered"]

#: Times that a task whose worker died is tried.
TRIES = 3
WORKER_DIED = "its worker died"
Progress = Callable[[str, dict[str, Any]], None]
Of = TypeVar("Of", bound=Task)


@dataclass
class Scheduler:
    """Yields what comes of the tasks of one policy, as it comes.

    Counterexamples are pursued until one more than `more` of them became a run from boot.
    """

    prover: StepProver
    keys: Keys
    start: Start
    progress: Progress
    jobs: int = 0
    budget: float | None = None
    more: int = 0
    todo: list[Task] = field(default_factory=list)
    found: int = 0
    """Runs from boot that break something."""
    breaks_a_contract: bool = False
    """Whether a decision of the policy's does not keep its contract."""
    varied: bool = False
    """Whether what is near the scenarios is run already, or will be."""

    @property
    def is_refuted(self) -> bool:
        """Say whether as many runs from boot are known as are asked for."""
        return self.found > self.more

    def run(self, tasks: Iterable[Decide | RunWitnesses]) -> Iterator[Done]:
        """Yield what is known of the tasks, and then what comes of the others and of the searches that they call for."""
        wanted = {task.name: task for task in tasks}
        own = touched(self.prover.policy)
        differ = differing(self.prover, self.keys, wanted) if own else set()
        self.todo = self._vary(bool(own) and self.breaks_a_contract) or ([Survey()] if own else [])
        self.todo += ordered([Scout(name) for name in sorted(differ)], differ)
        for task in ordered(list(wanted.values()), differ):
            one = replace(task, own=task.name in differ) if isinstance(task, DecideStep) else task
            done = known(self.prover, self.keys, one)
            if isinstance(done, Done):
                self.todo += self._pursued(done)
                yield done
            else:
                self.todo.append(done)
        self.todo.sort(key=lambda task: not isinstance(task, (DecidePowerOn, Begin)))  # that takes a second, and may refute
        yield from self._decided()

    def again(self, tasks: Iterable[Decide]) -> Iterator[Done]:
        """Yield what comes of tasks some of which were decided before."""
        self.todo = list[Task](ordered(list(tasks), set()))
        yield from self._decided()

    def _vary(self, wanted: bool) -> list[Task]:
        """Return the search near the scenarios, if it is wanted for the first time."""
        first = wanted and not self.varied
        self.varied = self.varied or wanted
        return [Survey(near=True)] if first else []

    def _pursued(self, done: Done) -> list[Task]:
        """Return the searches that what came of a task calls for."""
        found = pursued(done)
        of_step = isinstance(done.task, DecideStep)
        return [*self._vary(of_step and bool(found) and bool(touched(self.prover.policy))), *found]

    def _decided(self) -> Iterator[Done]:
        """Yield what comes of the tasks that are left, and of those that come of them."""
        deadline = None if self.budget is None else time.monotonic() + self.budget
        tries: dict[Task, int] = {}
        later = list[Task]()
        while self.todo:
            for done in self._round(deadline):
                tries[done.task] = tries.get(done.task, 0) + 1
                if done.missing == WORKER_DIED and tries[done.task] < TRIES:
                    self.todo.append(done.task)
                    continue
                keep(self.keys, done)
                if took_too_long(done):
                    self.todo.append(again(done))
                    continue
                self.found += len(done.traces)
                self.todo[:0] = self._pursued(done)
                if self.is_refuted:
                    self.todo[:] = [task for task in self.todo if not isinstance(task, Search)]
                if isinstance(done.task, Pursue) and not done.traces and not done.task.longer:
                    later.append(replace(done.task, longer=True))
                if not self.todo and not self.found:
                    self.todo, later = later, []
                yield done

    def _round(self, deadline: float | None) -> Iterator[Done]:
        """Take tasks from the list, as many at once as there are workers; ends early when a worker died."""
        width = min(self.jobs or os.cpu_count() or 1, len(self.todo))
        executor = self.start(width)
        running: dict[Future[Done], Task] = {}
        try:
            while self.todo or running:
                while self.todo and len(running) < width:
                    task = self.todo.pop(0)
                    running[executor.submit(task)] = task
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                done, _ = wait(running, timeout=1.0 if left is None else min(1.0, left), return_when=FIRST_COMPLETED)
                waiting = {"left": len(self.todo) + len(running), "steps": [told(task) for task in running.values()]}
                self.progress("waiting", waiting)
                for future in done:
                    task = running.pop(future)
                    try:
                        result = future.result()
                    except BrokenExecutor:
                        yield from [Done(lost, missing=WORKER_DIED) for lost in (task, *running.values())]
                        return
                    yield result
                    if self.is_refuted:
                        executor.give_up()
                if left == 0.0:
                    late = [*running.values(), *self.todo]
                    self.todo.clear()
                    yield from [Done(task, missing=NO_TIME) for task in late]
                    return
        finally:
            executor.close()


def took_too_long(done: Done) -> bool:
    """Say whether a step is to be gone on with after all others, since it took too long."""
    open_ones = [o for o in done.obligations or () if OUT_OF_TIME in o.where]
    return isinstance(done.task, DecideStep) and not done.task.longer and bool(open_ones)


def again(done: Done) -> Task:
    """Return the task that goes on with a step: what holds is not decided again."""
    assert isinstance(done.task, DecideStep)
    return replace(done.task.holding(o for o in done.obligations or () if o.holds), longer=True)


def told(task: Task) -> str:
    """Return what a task is about, for whoever waits for it."""
    doing = {DecideStep: "deciding ", Scout: "looking for a run of ", Pursue: "pursuing a counterexample to "}
    return doing.get(type(task), "") + task.name


def known(prover: StepProver, keys: Keys, task: Decide | RunWitnesses) -> Done | Decide | RunWitnesses:
    """Return what came of a task, if all of that is known; if not, the task with what is known to hold."""
    if isinstance(task, RunWitnesses):
        seen = keys.seen()
        return task if seen is None else Done(task, seen=seen)
    found, asked = keys.kept(task.name), task.asked(prover)
    failed = any(found[name].verdict == ObligationVerdict.CTI for name in asked if name in found)
    implied = [st.name for st in prover.implied] if failed and isinstance(task, DecideStep) else []
    if all(name in found for name in (*asked, *implied)):
        return Done(task, [found[name] for name in (*asked, *implied)])
    return task.holding(found[name] for name in asked if name in found and found[name].verdict != ObligationVerdict.CTI)


def keep(keys: Keys, done: Done) -> None:
    """Put into the cache what is decided."""
    if done.seen is not None:
        keys.keep_seen(done.seen)
    if done.obligations is not None and isinstance(done.task, Decide):
        held = {o.statement for o in done.task.held}
        keys.keep(done.task.name, [o for o in done.obligations if o.statement not in held])


def ordered(tasks: list[Of], touched: set[str]) -> list[Of]:
    """Return tasks in the order to do them: a policy's own steps first, the quick ones of them ahead; then the slow ones.

    What takes longest of the others goes first, so that no core idles at the end; the hints tell what it cost.
    """
    cost = {task.name: recorded().cost(task.name) for task in tasks}
    own = sorted((task for task in tasks if task.name in touched), key=lambda task: cost[task.name])
    others = (task for task in tasks if task.name not in touched)
    return own + sorted(others, key=lambda task: (not isinstance(task, RunWitnesses), -cost[task.name]))


def differing(prover: StepProver, keys: Keys, names: Iterable[str]) -> set[str]:
    """Return the steps whose paths are not the reference's: they are decided first.

    Runs from boot are tried of all that the policy's text touches, whatever its paths look like.
    """
    reference = StepProver(Setup("reference", prover.setup.rlimit))
    usual, own = Keys(reference, keys.store).paths(), keys.paths()
    return {name for name in names if name in own and own[name] != usual.get(name)}


def pursued(done: Done) -> list[Task]:
    """Return the search that a counterexample to induction calls for, promises first, or one to power-on."""
    lemmas = CATALOGUE.lemmas
    failed = [o for o in done.obligations or () if o.verdict == ObligationVerdict.CTI and o.statement not in lemmas]
    if isinstance(done.task, DecidePowerOn):
        shown = tuple(o for o in failed if o.cti)
        return [Begin(shown)] if shown else []
    broken = [o.statement for o in failed]
    return [Pursue(done.task.step, tuple(promises_first(broken)))] if broken and isinstance(done.task, DecideStep) else []
