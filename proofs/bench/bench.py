"""What proving costs, what the model costs, and the same statements on an explicit-state search, measured in one run.

Each measurement runs in a process of its own. Nothing here judges: the numbers are printed, with ratios where two belong together.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from proofs.bench.apart import apart, mebibytes

__all__ = ["SAMPLE", "Bench", "bench", "table"]

Progress = Callable[[str, dict[str, Any]], None]
#: The steps that `--quick` decides.
SAMPLE = ("power-on", "every state", "donate", "unmap", "tlb_fill", "dma_translate", "complete")
#: How much wider the ids are in the comparison of widths.
WIDER = 2
#: Steps of a walk, and states of the explicit-state search: in a whole run, and in a quick one.
STEPS, STATES = (40_000, 2_000), (5_000, 200)
#: Times that the scripted scenarios are run; the long ones are left out.
TURNS = 20

#: The small machine of the explicit-state search: its frames, and the numbers that arguments of each type are taken from.
FRAMES = (0x10, 0x11, 0x12, 0x13)
POOLS: dict[str, tuple[int, ...]] = {
    "Vm": (2, 3),
    "Frame": FRAMES,
    "Rid": (0x10,),
    "Tag": (1, 0x10001),
    "Ticket": (1, 2),
    "Count": (0, 1),
    "AddressWidth": (64,),
    "Rights": (3,),
    **dict.fromkeys(("Space", "Vcpu", "Group", "Grant", "Handle", "Pin", "Job", "Request"), (1,)),
}
BOUND = (
    f"{len(FRAMES)} frames, one VM beside the host, one CPU, one function, one address space, two tags, and one number of"
    " everything else"
)


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
    from importlib.metadata import version  # noqa: PLC0415 - once

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
        wider = apart(proving, searched, folder, {"RINGFENCE_CACHE": elsewhere, "RINGFENCE_WIDEN": str(WIDER)})
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


# Proving


def proving(sample: list[str], processes: int, only: list[str], hints: bool = True) -> dict[str, Any]:
    """Prove the reference, or a sample of its steps; return the cost of each theorem and of the whole."""
    from proofs import policies  # noqa: PLC0415 - the same
    from proofs.engine.hints import recorded  # noqa: PLC0415 - the same
    from proofs.prove import prove  # noqa: PLC0415 - a process of its own
    from proofs.prove.tasks import task_named  # noqa: PLC0415 - the same
    from proofs.verdicts import Obligation, ProveReport  # noqa: PLC0415 - the same

    every: list[Obligation] = []
    if not hints:
        recorded().entries.clear()

    def note(event: str, data: dict[str, Any]) -> None:
        if event == "step":
            every.extend(data["obligations"])

    reference, options = policies.load(None), prove.ProveOptions(jobs=processes)
    if sample:
        report, evidence = ProveReport(reference.name, policies.digest(reference), prove.VERSION), prove.Evidence()
        prove.run(evidence, reference, [*map(task_named, sample)], options, note, report.model_digest)
        prove.gather(report, prove.select(()), evidence)
    else:
        report = prove.prove(reference, options, note)
    slow = max(every, key=lambda o: o.seconds)
    theorems = [t for t in report.theorems if t.obligations]
    contracts = sum(t.cost for t in theorems if t.id == prove.CONTRACTS)
    return {
        "obligations": report.obligations,
        "framed": report.framed,
        "cost": contracts + sum(o.cost for o in every),
        "slowest": {"step": slow.step, "statement": slow.statement, "seconds": slow.seconds},
        "not_proved": len(report.failures),
        "theorems": [theorem(t, bool(sample)) for t in theorems if not only or t.id in only],
    }


def theorem(result: Any, sampled: bool) -> dict[str, Any]:
    """Return the row of one theorem; of a sample of steps there is no verdict."""
    counted = {n: getattr(result, n) for n in ("id", "obligations", "framed", "cost", "seconds")}
    return {**counted, "verdict": None if sampled else result.verdict}


# The model


def walking(steps: int) -> dict[str, Any]:
    """Return how many steps a second the model takes: by script, and at random with more and more statements looked at."""
    from proofs.search.walker import Walker, walker_of  # noqa: PLC0415 - a process of its own
    from proofs.theorems import CATALOGUE  # noqa: PLC0415 - the same
    from pymodel.hypervisor import Hypervisor  # noqa: PLC0415 - the same

    statements = CATALOGUE.statements
    policy = Hypervisor()
    walkers = {
        "at random, nothing looked at": Walker(policy, [], 0),
        "at random, looked at as fuzzing does": walker_of(policy, set(statements), 0),
        "at random, all looked at each step": Walker(policy, list(statements.values()), 0),
    }
    rows = [scripted(policy)]
    first = walkers["at random, nothing looked at"]
    first.prepare()
    for name, walker in walkers.items():
        walker.corpus, walker.known = list(first.corpus), {n: list(args) for n, args in first.known.items()}
        tried, taken, began = walker.found.tried, walker.found.steps, time.perf_counter()
        walker.run(tried + steps)
        seconds = time.perf_counter() - began
        rows.append(row(name, walker.found.tried - tried, walker.found.steps - taken, seconds))
    return {"rows": rows}


def row(name: str, tried: int, taken: int, seconds: float) -> dict[str, Any]:
    """Return a row about the model; what was tried and not taken was refused."""
    return {"name": name, "tried": tried, "taken": taken, "seconds": seconds, "tried_a_second": tried / seconds}


def scripted(policy: Any) -> dict[str, Any]:
    """Run the scenarios, with their arguments ready and nothing looked at."""
    from proofs.search.scenarios import SCENARIOS  # noqa: PLC0415 - the same
    from proofs.search.scenarios.runs import LONG  # noqa: PLC0415 - the same
    from proofs.search.walker import Walker  # noqa: PLC0415 - a process of its own
    from pymodel.machine import steps  # noqa: PLC0415 - the same
    from pymodel.platforms import PLATFORMS  # noqa: PLC0415 - the same

    known = {t.name: t for t in steps(policy)}
    runs = [
        (PLATFORMS[platform](policy.State), [(known[n].function, Walker.typed(known[n], args)) for n, args in script])
        for _, platform, script in SCENARIOS
        if len(script) < LONG
    ]
    began = time.perf_counter()
    for _ in range(TURNS):
        for start, calls in runs:
            state = start
            for function, typed in calls:
                state = function(state, **typed)
    taken = TURNS * sum(len(calls) for _, calls in runs)
    return row("by script, nothing looked at", taken, taken, time.perf_counter() - began)


# Explicit states


class Numbered:
    """Gives equal states equal keys: each part of a state has a number, found once for each object that states share."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self.parts: dict[int, tuple[Any, int]] = {}
        self.numbers: dict[Any, int] = {}

    def key(self, state: Any) -> tuple[int, ...]:
        """Return the key of a state."""
        return tuple([self.number(part) for part in state.__dict__.values()])

    def number(self, part: Any) -> int:
        """Return the number of a map or record; the object is kept, so that its identity is not given away again."""
        known = self.parts.get(id(part))
        if known is None:
            points = getattr(part, "points", None)
            if points is None:
                content: Any = part
            else:
                default = part.shape.record.default()
                content = (part.shape.name, frozenset((raw, record) for raw, record in points.items() if record != default))
            known = self.parts[id(part)] = (part, self.numbers.setdefault(content, len(self.numbers)))
        return known[1]


def calls_of(transitions: list[Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield every step with every choice of arguments from the pools."""
    from pymodel.language.words import Choice  # noqa: PLC0415 - a process of its own

    for t in transitions:
        pools = []
        for kind in t.params.values():
            if kind is bool:
                pools.append([False, True])
            elif issubclass(kind, Choice):
                pools.append(kind.members())
            else:
                pools.append([kind(n) for n in POOLS.get(kind.__name__, (0,))])
        yield from ((t, dict(zip(t.params, chosen, strict=True))) for chosen in product(*pools))


def explicit(states: int) -> dict[str, Any]:
    """Search a small machine breadth first, and look at every statement in every state and after every step."""
    from proofs.search.concrete import Checker  # noqa: PLC0415 - a process of its own
    from proofs.theorems import CATALOGUE  # noqa: PLC0415 - the same
    from pymodel.hardware.ids import Group, Index  # noqa: PLC0415 - the same
    from pymodel.hardware.machine import FunctionRecord  # noqa: PLC0415 - the same
    from pymodel.hypervisor import Hypervisor  # noqa: PLC0415 - the same
    from pymodel.language.outcomes import Refused  # noqa: PLC0415 - the same
    from pymodel.machine import steps  # noqa: PLC0415 - the same
    from pymodel.platforms import machine  # noqa: PLC0415 - the same

    policy = Hypervisor()
    checker = Checker(list(CATALOGUE.statements.values()), policy.State)
    calls = list(calls_of(steps(policy)))
    function = FunctionRecord(present=True, group=Group(1))
    start, numbered = machine(policy.State, list(FRAMES), [1], {0x10: function}, blocks=True, roots=Index(3)), Numbered()
    seen = {numbered.key(start)}
    broken = {st.name for st, _ in checker.broken(start)}
    todo, tried, taken, depth = deque([(start, 0)]), 0, 0, 0
    began = time.perf_counter()
    while todo and len(seen) < states:
        state, depth = todo.popleft()
        for t, typed in calls:
            tried += 1
            try:
                after = t(state, **typed)
            except Refused:
                continue
            taken += 1
            broken |= {st.name for st, _ in checker.broken_by(state, t.name, typed, after)}
            key = numbered.key(after)
            if key not in seen and len(seen) < states:
                seen.add(key)
                broken |= {st.name for st, _ in checker.broken(after)}
                todo.append((after, depth + 1))
    searching = time.perf_counter() - began
    return {
        "bound": BOUND,
        "calls": len(calls),
        "statements": len(CATALOGUE.statements),
        "states": len(seen),
        "tried": tried,
        "taken": taken,
        "depth": depth,
        "complete": not todo,
        "broken": sorted(broken),
        "states_a_second": len(seen) / searching,
    }


# The table


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
