"""What proving costs, what the model costs, and the same statements on an explicit-state search, measured in one run.

Each measurement runs in a process of its own. Nothing here judges: the numbers are printed, with ratios where two belong together.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from proofs.bench.apart import apart, mebibytes
from proofs.bench.proving import proving
from proofs.bench.states import BOUND, explicit
from proofs.bench.walking import walking

__all__ = ["SAMPLE", "Bench", "bench", "table"]

Progress = Callable[[str, dict[str, Any]], None]
#: The steps that `--quick` decides.
SAMPLE = ("power-on", "every state", "donate", "unmap", "tlb_fill", "dma_translate", "complete")
#: How much wider the ids are in the comparison of widths.
WIDER = 2
#: Steps of a walk, and states of the explicit-state search: in a whole run, and in a quick one.
STEPS, STATES = (40_000, 2_000), (5_000, 200)


@dataclass
class Bench:
    """What was measured; a part that was not asked for, or not reached, is empty."""

    processes: int
    versions: dict[str, str] = field(default_factory=dict)
    sample: list[str] = field(default_factory=list)
    """The steps that were decided, if not all."""
    proof: dict[str, Any] = field(default_factory=dict)
    width: dict[str, Any] = field(default_factory=dict)
    model: list[dict[str, Any]] = field(default_factory=list)
    states: dict[str, Any] = field(default_factory=dict)
    interrupted: bool = False


def bench(progress: Progress, only: tuple[str, ...] = (), quick: bool = False, width: bool = False, processes: int = 1) -> Bench:
    """Measure; `only` chooses the theorems that are listed, `quick` decides the sample of steps and searches less."""
    out = Bench(processes, {"python": sys.version.split()[0], "z3": version("z3-solver")}, list(SAMPLE if quick else ()))
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(out, Path(folder), progress, only, quick, width)
    except KeyboardInterrupt:
        out.interrupted = True
    return out


def measure(out: Bench, folder: Path, progress: Progress, only: tuple[str, ...], quick: bool, width: bool) -> None:
    """Take one measurement after another."""
    what = f"{len(SAMPLE)} steps" if quick else "all steps"
    wish = {"sample": out.sample, "processes": out.processes, "only": list(only)}
    cached = {"RINGFENCE_CACHE": str(folder)}
    progress("note", {"text": f"proving {what}, nothing cached"})
    out.proof = apart(proving, wish, folder, cached)
    progress("note", {"text": f"proving {what}, all cached"})
    add_cached(out.proof, apart(proving, wish, folder, cached))
    if width:
        progress("note", {"text": f"proving {what}, without hints, nothing cached, and again with ids {WIDER} times as wide"})
        searched, elsewhere = {**wish, "hints": False}, str(folder / "without hints")
        plain = apart(proving, searched, folder, {"RINGFENCE_CACHE": elsewhere})
        wider = apart(proving, {**searched, "wider": WIDER}, folder, {"RINGFENCE_CACHE": elsewhere})
        ratios = {n: ratio(wider[n], plain[n]) for n in ("seconds", "cost", "memory")}
        out.width = {"times": WIDER, "plain": plain, **wider, "ratio": ratios}
    progress("note", {"text": "running the model"})
    out.model = apart(walking, {"steps": STEPS[quick]}, folder)["rows"]
    progress("note", {"text": f"searching {STATES[quick]:,} explicit states"})
    out.states = apart(explicit, {"states": STATES[quick]}, folder)
    out.states["proof_to_search"] = ratio(out.proof["seconds"], out.states["seconds"])


def ratio(one: float, other: float) -> float:
    """Return how many times the other one is."""
    return round(one / other, 3) if other else 0.0


def add_cached(proof: dict[str, Any], again: dict[str, Any]) -> None:
    """Note what the second run took; an obligation that comes from the cache has the seconds of the first run to its name."""
    proof["cached_seconds"], proof["cached_memory"] = again["seconds"], again["memory"]
    for first, second in zip(proof["theorems"], again["theorems"], strict=True):
        first["cached_seconds"] = 0.0 if second["seconds"] == first["seconds"] else second["seconds"]


HEAD = ("", "seconds", "cached", "solver units", "how many", "MiB", "a second")
FORM = "{:<42}{:>9}{:>9}{:>16}{:>10}{:>7}{:>10}"


def table(found: Bench) -> list[str]:
    """Return what was measured as one table, and remarks below it."""
    lines = [cells(*HEAD)]
    proof, wider, states = found.proof, found.width, found.states
    for t in proof.get("theorems", []):
        again = f"{t.get('cached_seconds', 0):.2f}"
        lines.append(cells(t["id"], f"{t['seconds']:.2f}", again, f"{t['cost']:,}", f"{t['obligations']:,}"))
    if proof:
        lines.append(whole("proving the sample of steps" if found.sample else "proving all", proof))
    if wider:
        r = wider["ratio"]
        lines.append(whole("the same without hints", wider["plain"]))
        lines.append(whole(f"  and ids {wider['times']} times as wide", wider))
        lines.append(cells("  ratio of these", f"{r['seconds']:.2f}", "", f"{r['cost']:.2f}", "", f"{r['memory']:.2f}"))
    for m in found.model:
        name, rate = f"steps {m['name']}", f"{m['tried_a_second']:,.0f}"
        lines.append(cells(name, f"{m['seconds']:.1f}", "", "", f"{m['tried']:,}", "", rate))
    if states:
        count, memory = f"{states['states']:,}", mebibytes(states["memory"])
        rate = f"{states['states_a_second']:,.0f}"
        lines.append(cells("explicit states, all looked at", f"{states['seconds']:.1f}", "", "", count, memory, rate))
    return [*lines, "", *remarks(found)]


def cells(*texts: str) -> str:
    """Return a row; cells that are left out are empty."""
    return FORM.format(*texts, *[""] * (len(HEAD) - len(texts))).rstrip()


def whole(name: str, proof: dict[str, Any]) -> str:
    """Return the row of a whole proof."""
    cached = f"{proof['cached_seconds']:.1f}" if "cached_seconds" in proof else ""
    counted = (f"{proof['cost']:,}", f"{proof['obligations']:,}", mebibytes(proof["memory"]))
    return cells(name, f"{proof['seconds']:.1f}", cached, *counted)


def remarks(found: Bench) -> list[str]:
    """Return what a reader of the table must know."""
    python, z3 = found.versions.get("python"), found.versions.get("z3")
    out = [f"{found.processes} processes, Python {python}, z3 {z3}; MiB is the peak of the largest process."]
    out.append("A theorem's seconds are summed over processes, and theorems share obligations; a whole's are on the clock.")
    if found.model:
        out.append("Steps are those tried; at random most of them are refused.")
    if found.sample:
        out.append(f"The sample of steps: {', '.join(found.sample)}.")
    if found.proof:
        slow = found.proof["slowest"]
        out.append(f"Slowest obligation: {slow['step']} against {slow['statement']}, {slow['seconds']:.2f} s.")
        if found.proof["not_proved"]:
            out.append(f"{found.proof['not_proved']} obligations were not proved.")
    if found.states:
        out += searched(found)
    if found.interrupted:
        out.append("Interrupted: this is what was measured so far.")
    return out


def searched(found: Bench) -> list[str]:
    """Return what the explicit-state search covered, beside what the proof does."""
    s = found.states
    far = "all there are" if s["complete"] else f"breadth first, every state up to {s['depth']} steps from power-on"
    covered = f"Explicit states: {BOUND}; {s['calls']:,} calls; {s['states']:,} states, {far};"
    looked = f"{s['statements']} statements looked at in each, {len(s['broken'])} broken. A bounded search, no proof."
    which = "deciding the sample of steps" if found.sample else "the proof"
    times = f"For any number of states, at the hardware's widths, {which} took {s['proof_to_search']:.2f} times as long."
    return [f"{covered} {looked}", times]
