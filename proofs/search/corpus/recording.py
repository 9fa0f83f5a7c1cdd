"""Recording the corpus: for each guard of the reference a run that ends in a step which that guard alone refuses.

It begins with where the stories lead, and what was recorded before. At each of these places the solver is asked, for each step,
for arguments that all guards but one let pass. Then, where the short stories end, steps that write what a step with a missing
guard reads are taken wherever they succeed, with the solver's arguments, and the same is asked where that leads to something
new. What is met by no run is proved impossible by the invariants, or is listed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from proofs.engine.induction import Induction
from proofs.engine.limits import Limits
from proofs.policies.code_references import mentioned
from proofs.search.corpus import FILE, Entry, Recorded, recorded, written
from proofs.search.corpus.guards import Guard, guard_of, guards, steps_by_name
from proofs.search.places import Place, Step, shape
from proofs.search.scenarios import SCENARIOS
from proofs.search.scenarios.attempts import ATTEMPTS
from proofs.search.scenarios.runs.parts import LONG
from proofs.search.scenarios.teardown import LIVES
from proofs.search.scenarios.trail import led
from proofs.search.solving.meeting import alone, excluded, succeeding
from proofs.search.stepping import Stepper
from proofs.statements import CATALOGUE, Kind
from proofs.theorems.operations.contract import ACCOUNT_PARTS
from pymodel.language.outcomes import Refused
from pymodel.machine import Hypervisor, MachineState
from pymodel.platforms import PLATFORMS

__all__ = ["main"]

#: Seconds between two lines of progress.
TELL = 20.0
#: Parts of the state that say little of its shape.
SHAPELESS = (*ACCOUNT_PARTS, "memory")

Tell = Callable[[str], None]


class Recorder:
    """Collects places, and runs that meet guards."""

    def __init__(self, tell: Tell) -> None:
        """Begin without any."""
        self.tell = tell
        self.steps = steps_by_name()
        self.guards = set(guards().values())
        self.met: dict[Guard, Entry] = {}
        self.alone: dict[Guard, Entry] = {}
        self.places: dict[Any, Place] = {}
        self.ends: list[Place] = []
        self.asked: set[int] = set()
        self.writes: dict[str, set[str]] = {}

    def walk(self, scripts: Iterable[tuple[str, list[Step]]]) -> None:
        """Take the steps of some runs; keep the places of new shape, what is refused, and where they end."""
        taken: dict[Any, Place | None] = {}
        on = {name: Place(name, power_on(MachineState), []) for name, power_on in PLATFORMS.items()}
        for place in on.values():
            self.keep(place)
        for platform, script in scripts:
            place = on[platform]
            for name, args in script:
                key = (id(place), name, *args.items())
                if key not in taken:
                    taken[key] = self.take(place, name, args)
                place = taken[key] or place
            self.ends.append(place)
            if len(place.path) >= LONG:
                self.places.setdefault(shape(place.state, SHAPELESS), place)

    def take(self, place: Place, name: str, args: dict[str, int]) -> Place | None:
        """Take a step; keep where it leads, or the run to the guard that refuses it."""
        after = self.outcome(place, name, args)
        return after if isinstance(after, Place) else None

    def outcome(self, place: Place, name: str, args: dict[str, int]) -> Place | Guard | None:
        """Take a step, and return what comes of it: the place, or the guard, if it is one of the reference's."""
        step = self.steps[name]
        path = [*place.path, (name, args)]
        try:
            after = Place(place.platform, step(place.state, **Stepper.typed(step, args)), path)
        except Refused as refused:
            guard = guard_of(name, refused)
            if guard is not None:
                self.note(self.met, guard, Entry(str(guard), False, place.platform, path))
            return guard
        self.writes.setdefault(name, set()).update(led(place.state, after.state).wrote)
        self.keep(after)
        return after

    @staticmethod
    def note(found: dict[Guard, Entry], guard: Guard, entry: Entry) -> None:
        """Keep the shortest run of a guard."""
        if guard not in found or len(entry.steps) < len(found[guard].steps):
            found[guard] = entry

    def keep(self, place: Place) -> None:
        """Keep a place if no shorter run leads to one of its shape."""
        mark = shape(place.state, SHAPELESS)
        if len(place.path) < LONG and (mark not in self.places or len(place.path) < len(self.places[mark].path)):
            self.places[mark] = place

    def again(self, entries: Iterable[Entry]) -> None:
        """Ask at the ends of recorded runs whether each still meets its guard alone."""
        named = {str(guard): guard for guard in self.guards}
        for entry, place in zip(entries, list(self.ends), strict=False):
            guard = named.get(entry.guard)
            for met, args in alone(place, self.steps[guard.step], {guard}) if guard and entry.alone else ():
                self.confirm(met, place, args)

    def meet(self) -> None:
        """Ask at each place that was not asked yet, short runs first."""
        for place in sorted(self.places.values(), key=lambda p: len(p.path)):
            if id(place) in self.asked:
                continue
            self.asked.add(id(place))
            missing = self.guards - self.alone.keys()
            for step in self.steps.values():
                wanted = {g for g in missing if g.step == step.name}
                for guard, args in alone(place, step, wanted) if wanted else ():
                    self.confirm(guard, place, args)
            self.tell(f"{len(self.asked)} of {len(self.places)} places, {len(self.alone)} of {len(self.guards)} guards met alone")

    def confirm(self, guard: Guard, place: Place, args: dict[str, int]) -> None:
        """Note a run if the guard does refuse its last step."""
        if self.outcome(place, guard.step, args) == guard:
            self.note(self.alone, guard, Entry(str(guard), True, place.platform, [*place.path, (guard.step, args)]))

    def grow(self) -> None:
        """Take steps where they succeed, with arguments of the solver's choice for each way that they may go."""
        missing = {guard.step for guard in self.guards - self.alone.keys()}
        read = set[str]().union(*(mentioned(self.steps[name].function, Hypervisor)[0] for name in missing)) - set(ACCOUNT_PARTS)
        helpers = [step for name, step in self.steps.items() if self.writes.get(name, set()) & read]
        short = {id(p): p for p in self.ends if len(p.path) < LONG}
        for n, place in enumerate(short.values(), 1):
            for step in helpers:
                for args in succeeding(place, step):
                    self.take(place, step.name, args)
            self.tell(f"{n} of {len(short)} ends, {len(self.places)} places")

    def impossible(self) -> set[Guard]:
        """Return the guards, of those not met, that the invariants exclude."""
        invariants = [st for st in CATALOGUE.statements.values() if st.kind == Kind.STATE]
        induction = Induction(Hypervisor(), invariants, [], Limits())
        left, out = self.guards - self.met.keys(), set[Guard]()
        for step in self.steps.values():
            wanted = {g for g in left if g.step == step.name}
            out |= excluded(step, wanted, induction.instances, induction.limits.rlimit) if wanted else set()
        return out


def main(arguments: list[str] | None = None) -> int:
    """Write the corpus again."""
    parser = argparse.ArgumentParser(prog="python -m proofs.search.corpus", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ask where known runs lead, and not one step from there")
    options = parser.parse_args(arguments)
    began = told = time.monotonic()

    def tell(text: str) -> None:
        nonlocal told
        if time.monotonic() - told > TELL:
            told = time.monotonic()
            sys.stderr.write(f"{told - began:.0f} s: {text}\n")

    recorder = Recorder(tell)
    known = recorded().runs if FILE.exists() else []
    stories = ((platform, script) for _, platform, script in (*SCENARIOS, *LIVES, *ATTEMPTS))
    recorder.walk([*((entry.platform, entry.steps) for entry in known), *stories])
    recorder.again(known)
    recorder.meet()
    if not options.quick:
        recorder.grow()
        recorder.meet()
    impossible = recorder.impossible()
    runs = {**recorder.met, **recorder.alone}
    unmet = recorder.guards - runs.keys() - impossible
    found = Recorded(sorted(runs.values()), sorted(map(str, impossible)), sorted(map(str, unmet)))
    FILE.write_text(json.dumps(written(found), separators=(",", ":")).replace('],["', '],\n["') + "\n", encoding="utf-8")
    sys.stdout.write(
        f"{len(recorder.guards)} guards: {len(recorder.alone)} met alone, {len(runs) - len(recorder.alone)} met with others, "
        f"{len(impossible)} excluded by the invariants, {len(unmet)} neither; {time.monotonic() - began:.0f} s\n"
    )
    return 0
