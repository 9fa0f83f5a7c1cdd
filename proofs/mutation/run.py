"""Running the judge over many mutants, in several processes, and adding up what became of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import ClassVar

from proofs.mutation.judge import Judge, Judgement
from proofs.mutation.sources import Mutant, mutants_of
from proofs.mutation.survivors import OPEN, Explained, stale
from proofs.policies import LoadedPolicy

__all__ = ["Bench", "Tally", "add_up", "judged", "sampled"]

#: Mutants for each process before it is replaced by a new one: terms are never forgotten.
BATCH = 40


class Bench:
    """A policy on the bench: its judge, the mutants that may be judged, and the functions that are left alone."""

    #: What worker processes inherit.
    current: ClassVar[Bench]

    def __init__(self, policy: LoadedPolicy) -> None:
        """List the mutants; raises `Broken` if a step of the policy itself cannot be run."""
        self.judge = Judge(policy)
        found = mutants_of(policy)
        self.mutants = {m.key: m for m in found if self.judge.may_be_mutated(m)}
        self.left_alone = sorted({m.source.name for m in found if m.key not in self.mutants})

    def chosen(self, only: str) -> list[Mutant]:
        """Return the mutants of what a step runs, or the one with that key; none if there is neither."""
        if only in self.judge.steps:
            return [m for m in self.mutants.values() if only in self.judge.users(m)]
        return [self.mutants[only]] if only in self.mutants else []


def sampled(mutants: list[Mutant], explained: dict[str, Explained], number: int, seed: int) -> list[Mutant]:
    """Draw some mutants that have no explanation yet; the same seed draws the same ones, in their order."""
    fresh = [m for m in mutants if m.key not in explained]
    chosen = {m.key for m in random.Random(seed).sample(fresh, min(number, len(fresh)))}  # noqa: S311 - repeatable on purpose
    return [m for m in fresh if m.key in chosen]


def judged(bench: Bench, mutants: list[Mutant], jobs: int) -> Iterator[Judgement]:
    """Yield the verdicts in the order of the mutants."""
    Bench.current = bench
    keys = [m.key for m in mutants]
    size = BATCH * jobs
    for start in range(0, len(keys), size):
        with ProcessPoolExecutor(jobs, get_context("fork")) as pool:
            yield from pool.map(_judge, keys[start : start + size])


def _judge(key: str) -> Judgement:
    return Bench.current.judge.judge(Bench.current.mutants[key])


@dataclass
class Tally:
    """What became of the mutants that were judged."""

    counts: Counter[str] = field(default_factory=Counter)
    unexplained: list[Mutant] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)


def add_up(
    bench: Bench,
    explained: dict[str, Explained],
    verdicts: Iterator[Judgement],
    show: Callable[[Mutant, str, str, float], None],
) -> Tally:
    """Tell `show` of each mutant, and count."""
    tally = Tally(stale=stale(explained, bench.mutants.values()))
    for verdict in verdicts:
        mutant, outcome, why = bench.mutants[verdict.key], verdict.outcome, verdict.why
        entry = explained.get(verdict.key)
        if entry is not None and outcome not in ("survived", "unproved", "undecided"):
            tally.stale.append(f"{verdict.key}: explained as a survivor, but it is {outcome} ({why})")
        if outcome in ("survived", "unproved") and entry is not None and entry.change == mutant.text:
            outcome, why = ("open" if entry.why.startswith(OPEN) else "explained"), f"{why}. {entry.why}"
        elif outcome == "survived":
            tally.unexplained.append(mutant)
        tally.counts[outcome] += 1
        show(mutant, outcome, why, verdict.seconds)
    return tally
