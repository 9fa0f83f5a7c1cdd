"""What each obligation is known by: the digest of all formulas that make the question.

An obligation is a subject (a step, power-on, any state, the decisions) and an item of it (a statement, a decision). A subject's
digest is made of what is assumed in all of its obligations, an item's of what is asked in this one. An item whose formulas cannot
be made has no digest, and neither has a step that cannot be run: what is said of them is known to nobody.

Formulas leave out what the types of terms and the defaults of records say; the types stand beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import Any

from proofs.engine.answers.dependence import Dependence
from proofs.engine.decisions import Decision, arbitrary_value
from proofs.engine.digests import of_path, of_state, of_term, of_type, of_types
from proofs.engine.induction import Exploration, Induction
from proofs.engine.instances import formula
from proofs.engine.keys.key import Key, joined
from proofs.engine.maps import argument
from proofs.engine.paths import explore
from proofs.engine.solvers import solver
from proofs.statements import Kind, Statement
from pymodel.language.truth import Signal

__all__ = ["assumed", "of_decisions", "of_one_state", "of_power_on", "of_step"]


def items_of(things: Iterable[Any], make: Callable[[Any], str]) -> dict[str, str]:
    """Return the digests of some things by name, of those whose formulas can be made."""
    out: dict[str, str] = {}
    for thing in things:
        try:
            out[thing.name] = make(thing)
        except Signal:
            continue
    return out


def assumed(induction: Induction, base: str) -> str:
    """Return the digest of what is assumed in every state: the formula of each statement at its own keys, and the types."""
    parts: list[bytes | str] = [base, of_state(induction.kind)]
    for st in induction.hypotheses:
        parts += [st.name, of_types(st.params), of_term(induction.pre(st).formula)]
    return joined(*parts)


def of_one_state(induction: Induction) -> dict[str, str]:
    """Return the items that are statements about one state, by name."""
    return items_of(
        [*induction.statements, *induction.implied],
        lambda st: joined(st.name, st.kind, of_types(st.params), of_term(induction.pre(st).formula)),
    )


def of_step(induction: Induction, base: str, own: Exploration, general: Exploration, asked: list[Decision]) -> Key | None:
    """Return what the obligations of a step are known by, with the items that are statements about a step.

    `base` is the digest of what is assumed, `asked` are the decisions that are arbitrary in the `general` one: those that it
    asks count, by the types of their answers.
    """
    if own.why or general.why:
        return None
    step, paths = own.transition, (own.digest, general.digest)
    met = {name for path in general.paths for name, _ in path.answers}
    answers = [part for d in asked if d.name in met for part in (d.name, of_type(d.answer))]
    runs = [own] if own.digest == general.digest else [own, general]

    def item(st: Statement) -> str:
        if st.kind == Kind.ANSWER:
            return joined(st.name, st.kind, *Dependence(induction, own, st).parts())
        goals = [
            of_term(induction.goal(run.transition, run.arguments, path, st)[0])
            for run in (runs[:1] if st.kind == Kind.REFUSAL else runs)
            for path in run.about(st)
        ]
        return joined(st.name, st.kind, of_types(st.params), *goals)

    subject = joined("step", base, step.name, of_types(step.params), *answers, *paths)
    return Key(subject, items_of(induction.step_statements, item))


def of_power_on(induction: Induction, base: str, facts: list[Statement], platform: Container[str]) -> Key:
    """Return what the obligations of power-on are known by; nothing is assumed of it but the facts.

    What a platform may choose is arbitrary in the state, and so it is in the formulas of both.
    """
    state = induction.power_on(platform)
    parts = list[bytes | str]()
    for fact in facts:
        keys = [argument(t, f"key!{fact.name}.{n}") for n, t in fact.params.items()]
        parts += [fact.name, of_types(fact.params), of_term(formula(fact.function, state, *keys)[0])]

    def item(st: Statement) -> str:
        return joined(st.name, of_types(st.params), of_term(formula(st.function, state, *induction.keys[st.name])[0]))

    return Key(joined("power-on", base, of_state(induction.kind), *parts), items_of(induction.statements, item))


def of_decisions(induction: Induction, base: str, known: list[Decision]) -> Key:
    """Return what is known of decisions and their contracts."""

    def item(decision: Decision) -> str:
        given = {n: arbitrary_value(t, f"arg!{n}") for n, t in decision.params.items()}
        parts: list[bytes | str] = [decision.name, decision.contract, of_types(decision.params), of_type(decision.answer)]
        for path in explore(lambda: decision.function(induction.before, **given), feasible=solver.feasible):
            parts.append(of_path(path))
            if path.outcome == "ok":
                parts.append(of_term(formula(decision.holds, induction.before, *given.values(), path.value)[0]))
        return joined(*parts)

    return Key(joined("decisions", base), items_of(known, item))
