"""The step prover: one policy, its steps as they are and under arbitrary decisions, and what can be done with them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofs.policies import LoadedPolicy, load
from proofs.policies.code_references import touched
from proofs.policies.policy_statements import consequences, stated, statements_of
from proofs.prove.limits import OUT_OF_TIME, late_after
from proofs.statements import OF_ANSWERS, Statement
from proofs.theorems import CATALOGUE
from proofs.theorems.invariants import boot
from proofs.traces import Trace, TraceError, trace_steps
from proofs.verdicts import Obligation, Seen
from pymodel.language.steps import Transition
from pymodel.machine import steps

if TYPE_CHECKING:
    from proofs.engine.induction import Exploration, Induction
    from proofs.search.places import Hit
    from proofs.search.walker import Walker

__all__ = ["Setup", "StepProver"]

#: Steps that are tried at most in looking for a run.
NEAR = 150_000


@dataclass(frozen=True)
class Setup:
    """What every step prover of a policy needs to know."""

    spec: str
    rlimit: int
    solvers: tuple[str, ...] = ("z3",)
    smt2: Path | None = None
    kept: frozenset[str] = frozenset()
    """Decisions that keep their contracts, and are therefore taken to be arbitrary."""
    digest: str = ""
    seed: int = 0


class StepProver:
    """One policy's induction and its steps."""

    def __init__(self, setup: Setup, loaded: LoadedPolicy | None = None, dropped: frozenset[str] = frozenset()) -> None:
        """Take the policy, loaded already or not, and the lemmas that are done without."""
        self.setup, self.dropped = setup, dropped
        self.loaded = loaded or load(None if setup.spec == "reference" else setup.spec)
        self.policy = self.loaded.instance()
        stated_of, self.step_statements, assumed = statements_of(self.policy)
        self.statements = [st for st in stated_of if st.name not in dropped]
        self.assumed, self.implied = [a for a, _ in assumed], [st for st in consequences() if st.name not in dropped]
        self.places: list[Any] = []
        self.writes: dict[str, set[str]] = {}
        """Which parts each step writes, as far as the scenarios show it."""
        self.own = {t.name: t for t in steps(self.policy)}
        self.runs: dict[tuple[str, bool], Exploration] = {}
        self.is_refuted: Callable[[], bool] = bool

    @functools.cached_property
    def induction(self) -> Induction:
        """Return the policy's induction, with an arbitrary state."""
        from proofs.engine.induction import Induction, Limits  # noqa: PLC0415 - imports z3

        limits = Limits(self.setup.rlimit, self.setup.solvers, self.setup.smt2)
        return Induction(self.policy, self.statements, self.assumed, limits, self.step_statements, self.implied)

    @functools.cached_property
    def general(self) -> dict[str, Transition]:
        """Return the steps under arbitrary decisions."""
        from proofs.engine.decisions import under_contracts  # noqa: PLC0415 - only where something is to be decided

        return {t.name: t for t in steps(under_contracts(self.policy, set(self.setup.kept), self.induction.before))}

    def prepare(self) -> None:
        """Make what processes that are forked have in common."""
        _ = self.induction, self.general

    def keep(self, names: frozenset[str]) -> None:
        """Take these decisions to be arbitrary from now on, since they keep their contracts."""
        self.setup = replace(self.setup, kept=names)
        self.__dict__.pop("general", None)
        self.runs = {key: run for key, run in self.runs.items() if not key[1]}

    def run(self, name: str, general: bool = False) -> Exploration:
        """Run a step on the arbitrary state, once; or as it is under arbitrary decisions."""
        found = self.runs.get((name, general))
        if found is None:
            found = self.runs[name, general] = self.induction.explored((self.general if general else self.own)[name])
        return found

    def asked_elsewhere(self) -> dict[str, list[str]]:
        """Return for each step the decisions that it asks of a state which it has changed, where no contract stands for them."""
        found = {name: sorted({d for p in self.run(name, general=True).paths for d in p.elsewhere}) for name in self.own}
        return {name: names for name, names in found.items() if names}

    def without(self, dropped: frozenset[str]) -> StepProver:
        """Return another one that does without some lemmas."""
        return StepProver(self.setup, self.loaded, dropped)

    def afresh(self) -> StepProver:
        """Return another one that has made nothing yet."""
        other = StepProver(self.setup, self.loaded, self.dropped)
        other.is_refuted = self.is_refuted
        return other

    def place(self, name: str) -> str:
        """Return what stands in front of why a step fails."""
        return f"{self.own[name].file}:{self.own[name].line} " if name in self.own else ""

    # Deciding; what is known to hold is not decided again

    def step(self, name: str, held: tuple[Obligation, ...] = (), own: bool = False, seconds: float = inf) -> list[Obligation]:
        """Decide a step, for so long; one of a policy's own gets little effort once the policy is refuted."""
        late = late_after(seconds)
        self.induction.given_up = lambda: (own and self.is_refuted()) or (OUT_OF_TIME if late() else "")
        return self.induction.decided(self.run(name), self.run(name, general=True), {o.statement: o for o in held})

    def power_on(self, held: tuple[Obligation, ...] = ()) -> list[Obligation]:
        """Decide power-on."""
        known = {o.statement for o in held}
        return [*held, *self.induction.boot(CATALOGUE.at_power_on(), boot.ARBITRARY, known)]

    def consequences(self, held: tuple[Obligation, ...] = ()) -> list[Obligation]:
        """Decide what follows from the invariants."""
        return [*held, *self.induction.consequences({o.statement for o in held})]

    # Running and searching

    def witnesses(self) -> Seen:
        """Run the scenarios; what they take of the policy's own steps is compared with what those come to on terms."""
        from proofs.engine.answers.second_look import difference  # noqa: PLC0415 - imports z3
        from proofs.prove.witnesses import Samples, witness  # noqa: PLC0415 - not needed when it is known what they show

        samples = Samples(touched(self.policy))
        seen = witness(self.policy, self.assumed, samples)
        for name in [name for name in samples.names if not self.run(name).why]:
            found = [why for state, given in samples.of(name) if (why := difference(self.run(name), state, given))]
            seen.differs |= {name: f"{self.place(name)}{name}: {found[0]}"} if found else {}
        return seen

    def survey(self) -> list[tuple[Trace, list[str]]]:
        """Look for a scenario that breaks something."""
        return self.run_from_boot(lambda walker: walker.survey())

    def near_misses(self) -> list[tuple[Trace, list[str]]]:
        """Look for a scenario, or a run from boot that is near one, that breaks something."""
        return self.run_from_boot(lambda walker: walker.survey() or walker.near_misses(NEAR, self.is_refuted))

    def run_from_boot(self, search: Callable[[Walker], Hit | None]) -> list[tuple[Trace, list[str]]]:
        """Return the run that a search finds, with all that it breaks."""
        from proofs.search.places import Changed  # noqa: PLC0415 - not needed when all is proved
        from proofs.search.replaying import replay  # noqa: PLC0415 - the same
        from proofs.search.walker import traced, walker_of  # noqa: PLC0415 - the same

        walker = walker_of(self.policy, stated(self.policy).keys() - CATALOGUE.lemmas, self.setup.seed)
        try:
            hit = search(walker)
        except Changed:  # a step that changes the state it was given: the search at random shows that
            return []
        if hit is None:
            return []
        trace = traced(walker, *hit, self.setup.spec, self.setup.digest)
        return [(trace, replay(trace, self.loaded, details=False).broken)]

    def pursue(self, name: str, names: list[str], limit: int | None, one: bool) -> list[tuple[Trace, list[str]]]:
        """Look for runs from boot in which a step breaks the statements (or one of them); each says which ones it breaks.

        Up to `limit` sequences of steps are tried; without it, the step alone from each place.
        """
        from proofs.search.replaying import replay  # noqa: PLC0415 - the same
        from proofs.search.solving.aiming import aim, ends  # noqa: PLC0415 - imports z3
        from proofs.search.walker import Walker, traced  # noqa: PLC0415 - not needed when all is proved

        out: list[tuple[Trace, list[str]]] = []
        known = stated(self.policy)
        left = [known[n] for n in names if n in known and known[n].kind not in OF_ANSWERS]
        if limit is None or name in touched(self.policy):
            out += self.first_step(name, left)
            left = [st for st in left if not any(st.name in broken for _, broken in out)]
        while left and not (one and out):
            wanted = [st for st in left if st.area.promise]
            walker = Walker(self.policy, wanted or left, self.setup.seed)
            if not self.places:
                self.places, self.writes = ends(walker), walker.writes
            walker.writes = self.writes
            hit = aim(walker, self.places, name, wanted or left, len(self.places) if limit is None else limit)
            if hit is None:
                left = [st for st in left if st not in wanted] if wanted else []
                continue
            place, goal = hit
            trace = traced(walker, place, [goal], self.setup.spec, self.setup.digest)
            broken = replay(trace, self.loaded, details=False).broken
            out.append((trace, broken))
            left = [st for st in left if st.name not in broken]
        return out

    # Runs from power-on, on whatever machine breaks something there

    def at_power_on(self, failed: Iterable[Obligation]) -> list[tuple[Trace, list[str]]]:
        """Return the runs of no step that obligations of power-on are, which fail."""
        known = stated(self.policy)
        found = [self.from_power_on(known[o.statement], o.cti) for o in failed if o.cti and o.statement in known]
        return [run for run in found if run is not None]

    def first_step(self, name: str, statements: list[Statement]) -> list[tuple[Trace, list[str]]]:
        """Return the runs of one step, from power-on, that break one of the statements."""
        from proofs.engine.first_step import broken_at_first  # noqa: PLC0415 - imports z3
        from proofs.search.power_on import facts  # noqa: PLC0415 - not needed when all is proved

        asked = [st for st in statements if st.name in self.induction.keys]
        found = broken_at_first(self.induction, self.own[name], asked, facts(self.policy), boot.ARBITRARY)
        out: list[tuple[Trace, list[str]]] = []
        for st, cti in found:
            known = any(st.name in broken for _, broken in out)
            run = None if known else self.from_power_on(st, cti, self.own[name])
            out += [] if run is None else [run]
        return out

    def from_power_on(
        self, st: Statement, cti: Mapping[str, Any], step: Transition | None = None
    ) -> tuple[Trace, list[str]] | None:
        """Return the run of that step, or of none, on as little of a machine as breaks the statement; None if the model says no."""
        from proofs.search.power_on import Allowed, smallest  # noqa: PLC0415 - not needed when all is proved
        from proofs.search.replaying import breaks, replay  # noqa: PLC0415 - the same

        allowed, keys = Allowed(self.policy), tuple(cti["keys"])
        given = () if step is None else ((step.name, cti["arguments"]),)

        def of(machine: Mapping[str, Any]) -> Trace:
            return Trace(self.setup.spec, "", trace_steps(given), st.name, keys, self.setup.digest, machine=machine)

        def shows(machine: Mapping[str, Any]) -> bool:
            try:
                return breaks(of(machine), self.policy, st, allowed)
            except TraceError:
                return False

        if not shows(cti["state"]):
            return None
        trace = of(smallest(cti["state"], shows))
        return trace, replay(trace, self.loaded, details=False).broken
