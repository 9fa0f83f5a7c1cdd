"""What the obligations of one policy are known by: formulas, types, limits and solvers, and the text of the engine.

To make the formulas takes most of the time of a run in which all is known. So they are kept as well, by the text of everything
that they are made of, and by the types, which may depend on more than the text.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from proofs.engine.decisions import STEP, decisions
from proofs.engine.digests import of_state, of_types
from proofs.engine.keys.key import Key, joined
from proofs.engine.solvers import crosscheck
from proofs.prove.cache import Cache, keep_obligations, keep_seen, kept_obligations, kept_seen
from proofs.prove.tasks import EVERY_STATE, POWER_ON
from proofs.prove.texts import Texts
from proofs.theorems import CATALOGUE
from proofs.theorems.invariants import boot
from proofs.verdicts import Obligation, Seen

if TYPE_CHECKING:
    from proofs.prove.step_prover import StepProver

__all__ = ["Keys"]

#: What decides an obligation once its formulas are made, and what makes a key of them.
ENGINE = ("proofs.engine.induction", "proofs.engine.keys.questions")
#: What makes the formulas beside the policy; and what runs the scenarios.
FORMULAS = ("proofs.prove.keys", "proofs.prove.step_prover", "proofs.theorems", "pymodel.machine")
SCENARIOS = ("proofs.prove.witnesses", "pymodel.machine")


class Keys:
    """The keys of one policy, and what the cache has under them."""

    def __init__(self, prover: StepProver, store: Cache) -> None:
        """Take a policy and the cache."""
        self.prover, self.store, self.texts = prover, store, Texts(store)

    @functools.cached_property
    def base(self) -> str | None:
        """Return the digest of what decides: the engine, who is asked, with which limit; None if that cannot be said."""
        text, setup = self.texts.closure(ENGINE), self.prover.setup
        solvers = sorted(crosscheck.versions(("z3", *setup.solvers)).items())
        told = [sys.version, str(sys.flags.optimize), str(setup.rlimit), *map(repr, (setup.solvers, solvers))]
        return None if text is None else joined("engine", text, *told)

    @functools.cached_property
    def assumed(self) -> str:
        """Return the digest of what is assumed in every state."""
        from proofs.engine.keys import questions  # noqa: PLC0415 - imports z3

        return questions.assumed(self.prover.induction, str(self.base))

    def types(self) -> str:
        """Return the digest of the types of the state, of the arguments of steps, and of the keys of statements."""
        prover = self.prover
        stated = [*prover.statements, *prover.step_statements, *prover.assumed, *prover.implied, *CATALOGUE.at_power_on()]
        steps = [part for t in prover.own.values() for part in (t.name, t.actor, of_types(t.params))]
        about = [part for st in stated for part in (st.name, st.kind, of_types(st.params))]
        return joined(type(prover.policy).__qualname__, of_state(prover.policy.State), *steps, *about)

    # Scenarios

    @functools.cached_property
    def scenarios(self) -> str | None:
        """Return what the policy's scenarios are known by: the text of all that is run, and the types."""
        text = self.texts.closure(SCENARIOS) if self.store.place is not None else None
        return (
            None
            if text is None
            else joined("scenarios", text, self.prover.loaded.text, sys.version, version("rpds-py"), self.types())
        )

    def seen(self) -> Seen | None:
        """Return what the scenarios showed, if that is known."""
        return None if self.scenarios is None else kept_seen(self.store, self.scenarios)

    def keep_seen(self, seen: Seen) -> None:
        """Store what the scenarios showed, unless the engine and the runs contradict each other."""
        if self.scenarios is not None and not seen.differs:
            keep_seen(self.store, self.scenarios, seen)

    # Decisions

    @functools.cached_property
    def decisions(self) -> Key | None:
        """Return what the policy's decisions are known by."""
        made = self._made("decisions", self._decisions)
        return None if made is None else Key(made["subject"], made["items"])

    def contracts(self) -> list[Obligation]:
        """Return whether each decision keeps its contract, decided now if it is not known."""
        made, key = decisions(self.prover.policy), self.decisions
        asked = {d.name: (STEP + d.name, d.contract) for d in made.values()}
        found = {} if key is None else kept_obligations(self.store, key, asked)
        new = {name: self.prover.induction.contract(d) for name, d in made.items() if name not in found}
        if key is not None:  # why one fails names its place in a file, which is part of no key
            keep_obligations(self.store, key, {name: o for name, o in new.items() if not o.where})
        return [(found | new)[name] for name in made]

    def _decisions(self) -> dict[str, Any]:
        from proofs.engine.keys import questions  # noqa: PLC0415 - imports z3

        key = questions.of_decisions(self.prover.induction, self.assumed, list(decisions(self.prover.policy).values()))
        return {"subject": key.subject, "items": key.items}

    # Steps

    @functools.cached_property
    def steps(self) -> dict[str, Key]:
        """Return what each step is known by, and power-on and what holds in every state; what cannot be run is not among them."""
        made = self._made("steps", self._steps) or {"shared": {}, "steps": {}}
        return {name: Key(subject, made["shared"] | items) for name, (subject, items) in made["steps"].items()}

    def paths(self) -> dict[str, str]:
        """Return the digest of each step's own paths; one that cannot be run has none in common with any other."""
        runs = self._made("paths", self._paths) or self._paths()
        return {name: paths or f"{name} of {id(self)}" for name, paths in runs.items()}

    def asked_elsewhere(self) -> dict[str, list[str]]:
        """Return the decisions that a step asks of a state which it has changed, by step."""
        found = self._made("elsewhere", self.prover.asked_elsewhere)
        return self.prover.asked_elsewhere() if found is None else found

    def kept(self, name: str) -> dict[str, Obligation]:
        """Return what is known of a step, by statement."""
        key = self.steps.get(name)
        if key is None:
            return {}
        return kept_obligations(self.store, key, {st: (name, st) for st in key.items}, self.prover.place(name))

    def keep(self, name: str, obligations: list[Obligation]) -> None:
        """Store what was decided of a step."""
        key = self.steps.get(name)
        if key is not None:
            keep_obligations(self.store, key, {o.statement: o for o in obligations}, self.prover.place(name))

    def _paths(self) -> dict[str, str]:
        return {name: run.digest and joined(run.digest) for name in self.prover.own for run in [self.prover.run(name)]}

    def _steps(self) -> dict[str, Any]:
        """Return for each step its subject and its items, but for those items that are the same for all."""
        from proofs.engine.keys import questions  # noqa: PLC0415 - imports z3

        prover, known = self.prover, decisions(self.prover.policy)
        first = questions.of_power_on(prover.induction, str(self.base), CATALOGUE.at_power_on(), boot.ARBITRARY)
        out: dict[str, Key] = {POWER_ON: first, EVERY_STATE: Key(joined("every state", self.assumed), {})}
        asked = [known[name] for name in sorted(prover.setup.kept)]
        for name in prover.own:
            key = questions.of_step(prover.induction, self.assumed, prover.run(name), prover.run(name, general=True), asked)
            if key is not None:
                out[name] = key
        return {"shared": questions.of_one_state(prover.induction), "steps": out}

    def _made(self, what: str, make: Callable[[], Any]) -> Any:
        """Return what is made of formulas, made now if it is not kept; nothing is without a cache."""
        if self.store.place is None or self.base is None:
            return None
        text, policy = self.texts.closure(FORMULAS), self.prover.loaded.text
        subject = joined("formulas", what, str(text), policy, self.base, self.types(), *sorted(self.prover.setup.kept))
        found = None if text is None else self.store.get(subject).get(what)
        if found is None:
            found = make()
            if text is not None:
                self.store.put(subject, {what: found})
        return found
