"""Runs entries of the manifest, some at once, and compares everything that came out with what is recorded."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from proofs.tla.engines import apalache
from proofs.tla.engines.process import Canceller
from proofs.tla.engines.tlc import Limits, OnProgress, Tlc, warmed
from proofs.tla.engines.tlc import check as check_with_tlc
from proofs.tla.manifest import Model
from proofs.tla.results import Answer, Outcome
from proofs.verdicts import Verdict

__all__ = ["COUNTEREXAMPLES", "Row", "Runner", "compare", "run", "verdict"]

COUNTEREXAMPLES = (Outcome.VIOLATION, Outcome.LIVENESS, Outcome.DEADLOCK)
#: Seconds between two looks at what runs.
LOOK = 0.1

Report = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True)
class Row:
    """An entry, the answer, and in what it differs from what is recorded."""

    model: Model
    answer: Answer
    differences: tuple[str, ...] = ()

    @property
    def as_expected(self) -> bool:
        """Return whether everything recorded came out."""
        return not self.differences


def verdict(mode: str, outcome: Outcome) -> str:
    """Return the verdict in a word or few; a search that found nothing is never called proved."""
    if outcome == Outcome.PASS:
        return {"inductive": "inductive for these constants", "simulation": "sampled"}.get(mode, Verdict.BOUNDED)
    if outcome in COUNTEREXAMPLES:
        return Verdict.REFUTED
    if outcome in (Outcome.VACUOUS, Outcome.NOT_INDUCTIVE):
        return str(outcome)
    if outcome == Outcome.TOO_WEAK:
        return "inductive, but it does not imply what was asked"
    return Verdict.UNKNOWN


def compare(model: Model, answer: Answer) -> tuple[str, ...]:
    """Return each difference between what is recorded and what came out; what is not recorded (0) is not compared."""
    if answer.outcome != model.outcome:
        return (f"expected {model.outcome}, got {answer.outcome}",)
    found = []
    if model.breaks and answer.broken != (model.breaks,):
        found.append(f"expected {model.breaks} to break, not {' or '.join(answer.broken) or 'what was not said'}")
    length = len(answer.trace.steps) if answer.trace is not None else None
    numbers = [("trace", model.trace, length)]
    if model.outcome == "pass" and model.mode == "exhaustive":
        numbers += [("distinct", model.distinct, answer.distinct), ("diameter", model.diameter, answer.diameter)]
    found += [f"expected {name} {recorded:,}, got {_told(got)}" for name, recorded, got in numbers if recorded not in (0, got)]
    if model.outcome in COUNTEREXAMPLES and length is None:
        found.append("no counterexample was written")
    return tuple(found)


def _told(number: int | None) -> str:
    return "none" if number is None else f"{number:,}"


@dataclass(frozen=True)
class Runner:
    """The tools that are needed, and what each run may use; a tool that no entry needs is None."""

    tlc: Tlc | None
    apalache: Path | None
    jobs: int = 1
    timeout: float | None = None

    @contextmanager
    def warmed(self, models: Sequence[Model]) -> Iterator[Runner]:
        """Yield the same with a TLC that starts sooner, if many of the entries are for it."""
        if self.tlc is None:
            yield self
            return
        with warmed(self.tlc, sum(model.engine == "tlc" for model in models)) as tlc:
            yield replace(self, tlc=tlc)

    def answer(self, model: Model, workers: int, canceller: Canceller, on_progress: OnProgress) -> Answer:
        """Ask the checker of the entry's mode."""
        if model.engine == "tlc" and self.tlc is not None:
            limits = Limits(self.timeout, workers, self.jobs, quick=model.tier == "ci")
            return check_with_tlc(self.tlc, model, limits, canceller, on_progress)
        if self.apalache is None:
            raise RuntimeError(f"{model.name} was started without the checker that it needs")
        program = self.apalache

        def ask_one(question: apalache.Question, left: float | None) -> Answer:
            return apalache.ask(program, question, left, self.jobs, canceller, on_progress)

        return apalache.check(model, ask_one, self.timeout)


def run(models: Sequence[Model], runner: Runner, report: Report, on_row: Callable[[Row], None]) -> None:
    """Run the entries, the costly ones first, and give each row as it comes; an interrupt ends every process and is passed on."""
    canceller = Canceller()
    events: queue.SimpleQueue[tuple[str, dict[str, Any]]] = queue.SimpleQueue()
    order = sorted(models, key=lambda model: -model.seconds)
    spare = max(runner.jobs // len(models), 1) if models else 1
    with runner.warmed(order) as warm, ThreadPoolExecutor(max_workers=runner.jobs) as pool:
        pending: dict[Future[Answer], Model] = {}
        try:
            for model in order:
                tell = partial(_tell, events, model.name)
                pending[pool.submit(warm.answer, model, _workers(model, spare), canceller, tell)] = model
            while pending:
                _collect(pending, events, report, on_row)
        except BaseException:
            canceller.cancel()
            pool.shutdown(cancel_futures=True)
            raise


def _workers(model: Model, spare: int) -> int:
    """Return how many threads TLC may use: one where an order or a depth is compared, for only that can be repeated."""
    compared = model.diameter or model.outcome != "pass" or model.mode != "exhaustive"
    return 1 if compared else spare


def _tell(events: queue.SimpleQueue[tuple[str, dict[str, Any]]], name: str, counts: dict[str, int]) -> None:
    events.put(("counts", {"model": name, **counts}))


def _collect(
    pending: dict[Future[Answer], Model],
    events: queue.SimpleQueue[tuple[str, dict[str, Any]]],
    report: Report,
    on_row: Callable[[Row], None],
) -> None:
    """Pass on what has happened since the last look."""
    done, _ = wait(pending, timeout=LOOK, return_when=FIRST_COMPLETED)
    while not events.empty():
        report(*events.get())
    for future in done:
        model = pending.pop(future)
        answer = future.result()
        on_row(Row(model, answer, compare(model, answer)))
    report("models", {"left": len(pending)})
