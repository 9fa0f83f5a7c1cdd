"""The command: mutate a hypervisor at every guard, invalidation, scrub, comparison and adjacent pair of effects."""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import sys
import textwrap
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from proofs.mutation import subjects
from proofs.mutation.subjects import SUBJECTS, number
from proofs.mutation.survivors import DEFAULT, Explained, SurvivorsError, as_json, load
from proofs.policies import PolicyError
from proofs.policies import load as load_policy

if TYPE_CHECKING:
    from proofs.mutation.run import Bench, Tally
    from proofs.mutation.sources import Mutant

__all__ = ["main", "run"]

HELP = """\
Changes one thing at a time in a hypervisor - leaves out a guard, a part of a condition or an update, turns a comparison
round, swaps two updates, lets a decision always say yes - and asks whether the proofs notice.

A mutant is
  killed      a statement breaks, or an operation that a run from boot needs no longer succeeds;
  unproved    the proof does not go through any more, and no state is found that breaks it;
  undecided   neither was seen in the time that there was for it (--seconds);
  equivalent  it takes the same steps: term by term, or so the solver says for every state of the invariants;
  explained   it survives, and the file of survivors says why that breaks no promise (open: that it should not survive);
  survived    it survives, and nothing explains it.
"""
AFTERWARDS = """\
The exit code is 0 if no mutant survives without an explanation, 1 if one survived, 2 if the input is wrong
(also: an entry in the file of survivors that explains no mutant, or one that does not survive), 70 after an internal error.

examples:
  python -m proofs.mutation --sample 20            twenty, drawn afresh: the seed is printed
  python -m proofs.mutation --sample 20 --seed 7   the same twenty again
  python -m proofs.mutation --only release         whatever the step `release` runs
  python -m proofs.mutation my_policy.py           the functions of a policy's own file
  python -m proofs.mutation engine --help          changes the engine instead, which its own tests must notice
  python -m proofs.mutation language --help        changes the loader of policies, the same
"""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    out = argparse.ArgumentParser("python -m proofs.mutation", None, HELP, AFTERWARDS)
    out.formatter_class = argparse.RawDescriptionHelpFormatter
    out.add_argument("policy", metavar="POLICY", nargs="?", help="file.py, file.py::Class or package.module:Class; the reference")
    out.add_argument("--only", metavar="STEP|KEY", action="append", help="mutants of what a step runs, or one mutant; repeatable")
    out.add_argument("--sample", metavar="N", type=number, help="so many, drawn from those without an explanation")
    out.add_argument("--seed", metavar="S", type=int, help="what the drawing begins with; a fresh one if left out")
    out.add_argument("--list", action="store_true", help="list the mutants and judge none")
    out.add_argument("--survivors", metavar="FILE", type=Path, help=f"the explanations; for the reference {DEFAULT.name}")
    out.add_argument("--seconds", metavar="N", type=number, help="time for one mutant, after which it is left undecided; no limit")
    out.add_argument("--jobs", metavar="N", type=number, default=os.cpu_count() or 1, help="processes at once")
    return out


class WrongInputError(Exception):
    """The command line names something that is not there."""


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    try:
        wish = parser().parse_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        return _run(wish)
    except (PolicyError, SurvivorsError, WrongInputError) as error:
        sys.stderr.write(f"mutants: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read this has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except Exception:  # noqa: BLE001 - a crash must never look like a survivor
        traceback.print_exc()
        return 70


def _run(wish: argparse.Namespace) -> int:
    from proofs.mutation.judge import Broken  # noqa: PLC0415 - imports z3, which --help need not wait for
    from proofs.mutation.run import Bench, add_up, judged  # noqa: PLC0415 - the same

    began = time.monotonic()
    explained = explanations(wish)
    try:
        bench = Bench(load_policy(wish.policy))
    except Broken as broken:
        raise WrongInputError(f"the policy itself: {broken}") from broken
    bench.judge.seconds = wish.seconds or float("inf")
    for name in bench.left_alone:
        say(f"left alone: {name} (no step calls it, or a statement does)")
    mutants = chosen(bench, wish, explained)
    if wish.list:
        for m in mutants:
            say(f"{m.key}  {m.place}  {m.text}")
        return 0
    tally = add_up(bench, explained, judged(bench, mutants, min(wish.jobs, len(mutants) or 1)), show)
    sum_up(tally, len(mutants), time.monotonic() - began)
    return 1 if tally.unexplained else 2 if tally.stale else 0


def chosen(bench: Bench, wish: argparse.Namespace, explained: dict[str, Explained]) -> list[Mutant]:
    """Return the mutants that were asked for."""
    from proofs.mutation.run import sampled  # noqa: PLC0415 - imports z3

    mutants = list(bench.mutants.values())
    if wish.only:
        wanted = {only: {m.key for m in bench.chosen(only)} for only in wish.only}
        for only, found in wanted.items():
            if not found:
                raise WrongInputError(f"--only {only}: no step that runs a function of this policy, and no mutant")
        mutants = [m for m in mutants if any(m.key in found for found in wanted.values())]
    if wish.sample:
        seed = secrets.randbelow(1 << 32) if wish.seed is None else wish.seed
        mutants = sampled(mutants, explained, wish.sample, seed)
        say(f"{len(mutants)} mutants drawn with --seed {seed}")
    return mutants


def sum_up(tally: Tally, judged: int, seconds: float) -> None:
    """Print what is wrong with the file of survivors, what is to be done, and the counts."""
    for complaint in tally.stale:
        say(f"stale: {complaint}")
    if tally.unexplained:
        say("\nKill these by a stronger theorem, or explain them in the file of survivors:")
        say(as_json({m.key: Explained(m.text, "") for m in tally.unexplained}))
    names = ("killed", "unproved", "undecided", "equivalent", "explained", "open", "survived")
    counts = ", ".join(f"{tally.counts[n]} {n}" for n in names)
    say(f"{judged} mutants: {counts}; {seconds:.0f} s")


def explanations(wish: argparse.Namespace) -> dict[str, Explained]:
    """Return the explanations that were asked for; those of the reference if it is the one to be mutated."""
    if wish.survivors is not None:
        return load(wish.survivors)
    return load(DEFAULT) if wish.policy is None else {}


def show(mutant: Mutant, outcome: str, why: str, seconds: float) -> None:
    """Print what became of one mutant."""
    width = max(80, shutil.get_terminal_size((132, 24)).columns) - 12
    say(f"{outcome:<11} {mutant.key}  {mutant.place}  {seconds:.1f} s")
    for line in (mutant.text, why):
        say(textwrap.indent(textwrap.shorten(line, width), " " * 12))


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> NoReturn:
    """Run the command line of this process."""
    own = sys.argv[1:]
    sys.exit(subjects.main(own[0], own[1:]) if own and own[0] in SUBJECTS else run(own))


if __name__ == "__main__":
    main()
