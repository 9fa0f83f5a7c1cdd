"""How many faults are refuted, how soon and by what: `python -m proofs.mutation.recall`.

The faults stand in a list that was written before anything was tried (`tests/policies/recall/faults.toml`). Each is proved as
`ringfence prove` would, within a budget; it counts as found if a run from boot refutes it. Twins are the same changes made so
that they are safe: they are to be proved, and never refuted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from proofs.policies import REFERENCE, load
from proofs.prove.prove import ProveOptions, prove
from proofs.verdicts import ProveReport, Verdict

__all__ = ["Outcome", "main", "recall"]

LIST = Path("tests/policies/recall/faults.toml")
#: Seconds for one fault, and for one twin.
SECONDS, TWIN_SECONDS = 60.0, 300.0
FAULTY, TWIN = "Faulty", "Twin"


@dataclass
class Outcome:
    """What came of one policy."""

    id: str
    which: str
    seen_before: bool
    verdict: str
    """refuted, proved, or what is worst among the theorems otherwise; "error" where proving broke off."""
    seconds: float
    theorems: list[str] = field(default_factory=list)
    """The theorems that a run refutes."""
    statement: str = ""
    """The statement that the shown run breaks."""
    steps: int = 0
    """The length of that run."""
    error: str = ""

    @property
    def line(self) -> str:
        """Return it as a line."""
        told = (
            f"{self.steps:3} steps, {self.statement} ({', '.join(self.theorems)})" if self.steps or self.statement else self.error
        )
        return f"{self.verdict:<13} {self.seconds:6.1f} s  {self.which:<6} {self.id:<48} {told}".rstrip()


def outcome(policy: Path, fault: dict[str, Any], which: str, seconds: float, jobs: int, seed: int) -> Outcome:
    """Prove one policy."""
    began = time.monotonic()
    out = Outcome(fault["id"], which, bool(fault.get("seen_before")), "error", 0.0)
    try:
        loaded = load(f"{policy}::{which}")
        options = ProveOptions(jobs=jobs, budget=seconds, seed=seed)
        report = prove(loaded, options, lambda _event, _data: None)
        described(out, report)
    except Exception as error:  # noqa: BLE001 - one fault that breaks the prover is a result, and the others are tried
        out.error = f"{type(error).__name__}: {error}"
    out.seconds = time.monotonic() - began
    return out


def described(out: Outcome, report: ProveReport) -> None:
    """Note what a report says of a policy."""
    shown = [r for r in report.theorems if r.verdict == Verdict.REFUTED and r.counterexample is not None]
    out.theorems = [r.id for r in report.theorems if r.verdict == Verdict.REFUTED]
    if shown and shown[0].counterexample is not None:
        found = shown[0].counterexample
        out.statement, out.steps = found.statement, len(found.trace.steps) if found.trace is not None else 0
    bad = [r.verdict for r in report.theorems if r.verdict not in (Verdict.PROVED, Verdict.OPEN)]
    out.verdict = Verdict.REFUTED if out.theorems else bad[0] if bad else Verdict.PROVED
    if not out.theorems and bad:
        failing = [f"{o.step} against {o.statement}" for o in report.failures][:3]
        out.error = "; ".join(failing)


def recall(faults: Iterable[dict[str, Any]], folder: Path, args: argparse.Namespace) -> list[Outcome]:
    """Try each fault, and each twin if they are asked for; print each as it comes."""
    out = []
    for fault in faults:
        for which, seconds in ((FAULTY, args.seconds), (TWIN, args.twin_seconds)):
            if (which == TWIN and not (args.twins and fault.get("twin"))) or (which == FAULTY and args.twins == "only"):
                continue
            out.append(outcome(folder / fault["file"], fault, which, seconds, args.jobs, args.seed))
            print(out[-1].line, flush=True)  # noqa: T201 - the command's output
    return out


def summary(found: Sequence[Outcome], reference: float) -> list[str]:
    """Return the figures."""
    lines = []
    for told, seen in (("never in the zoo", False), ("in the zoo before", True)):
        some = [o for o in found if o.which == FAULTY and o.seen_before == seen]
        hits = [o for o in some if o.verdict == Verdict.REFUTED]
        if some:
            times = f"median {median(o.seconds for o in hits):.1f} s, longest {max(o.seconds for o in hits):.1f} s" if hits else ""
            proved = sum(o.verdict == Verdict.PROVED for o in some)
            share = f"{len(hits)} of {len(some)} refuted from boot ({100 * len(hits) // len(some)} %)"
            lines.append(f"{told}: {share}, {proved} proved; {times}")
    twins = [o for o in found if o.which == TWIN]
    if twins:
        good = [o for o in twins if o.verdict == Verdict.PROVED]
        wrong = sum(o.verdict == Verdict.REFUTED for o in twins)
        middle = median(o.seconds for o in twins) - reference
        lines.append(
            f"sound twins: {len(good)} of {len(twins)} proved, {wrong} refuted; median {middle:.1f} s above the reference's"
            f" {reference:.1f} s, longest {max(o.seconds for o in twins) - reference:.1f} s above"
        )
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0 unless a fault is proved or a twin is refuted."""
    parser = argparse.ArgumentParser(prog="python -m proofs.mutation.recall", description=__doc__)
    parser.add_argument("names", nargs="*", help="IDs of faults; all of the list without any")
    parser.add_argument("--list", type=Path, default=LIST, help=f"the list of faults ({LIST})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"the budget of one fault ({SECONDS:.0f})")
    parser.add_argument("--twins", choices=("too", "only"), help="try the safe twins too, or only them")
    parser.add_argument("--twin-seconds", type=float, default=TWIN_SECONDS, help=f"the budget of one twin ({TWIN_SECONDS:.0f})")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the searches")
    parser.add_argument("--json", type=Path, help="write the outcomes to this file")
    args = parser.parse_args(arguments)
    if not args.list.is_file():
        parser.error(f"{args.list} is no file; run this in a checkout, or give --list FILE")
    faults = tomllib.loads(args.list.read_text(encoding="utf-8"))["fault"]
    unknown = set(args.names) - {fault["id"] for fault in faults}
    if unknown:
        parser.error(f"not in {args.list}: {', '.join(sorted(unknown))}")
    reference = 0.0
    if args.twins:
        began = time.monotonic()
        prove(load(REFERENCE), ProveOptions(jobs=args.jobs, cache=False), lambda _event, _data: None)
        reference = time.monotonic() - began
    found = recall([f for f in faults if not args.names or f["id"] in args.names], args.list.parent, args)
    sys.stdout.write("".join(f"{line}\n" for line in summary(found, reference)))
    if args.json is not None:
        args.json.write_text(json.dumps([asdict(o) for o in found], indent=2) + "\n", encoding="utf-8")
    wrong = [o for o in found if o.verdict == (Verdict.PROVED if o.which == FAULTY else Verdict.REFUTED)]
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
