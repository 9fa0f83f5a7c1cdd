"""Induction: one step against one statement, decided for all states and arguments at full width.

The negated goal is asked with the assumptions that matter and no others (`proofs.engine.query`): after each `sat`, every
candidate instance that the model breaks is added and the question asked again. When no candidate within the stated depth is
broken the model is a counterexample to induction; it is made concrete, checked against every statement, and run through the
same code.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

import pymodel.language.truth
from proofs.engine.answers.dependence import Dependence
from proofs.engine.decisions import STEP, Decision, arbitrary_value
from proofs.engine.digests import of_path
from proofs.engine.hints import recorded
from proofs.engine.instances import Instance, Instances, formula
from proofs.engine.limits import Limits
from proofs.engine.maps import Read, argument, symbolic_state, word_node
from proofs.engine.paths import NOT_COVERED, explore, own_place, refusals_of, uncovered
from proofs.engine.paths import Path as Run
from proofs.engine.query import FIRST, REST, ROUGH, Effort, Model, Query, concrete_of, example, raw, told
from proofs.engine.solvers import crosscheck, solver
from proofs.engine.terms import TRUE, Node, ite, neg
from proofs.statements import CATALOGUE, OF_ANSWERS, Kind, Statement
from proofs.verdicts import Obligation, ObligationVerdict
from pymodel.language.json_form import write_json
from pymodel.language.outcomes import Refused
from pymodel.language.state import PLATFORM, MapShape, Record, State, unfit
from pymodel.language.steps import Transition
from pymodel.language.truth import Truth

__all__ = ["ABOUT_REFUSAL", "ABOUT_SUCCESS", "KINDS", "Exploration", "Induction", "Limits"]

#: The kinds of statements that are decided of a step; what a step refuses and answers is asked of the decisions as they are.
ABOUT_SUCCESS, ABOUT_REFUSAL = (Kind.STATE, Kind.STEP), OF_ANSWERS
KINDS = ABOUT_SUCCESS + ABOUT_REFUSAL
#: What the answers make of an obligation; the solvers, where several were asked, may disagree.
DISAGREE = "disagree"
OF_ANSWER = {
    "unsat": ObligationVerdict.PROVED,
    "sat": ObligationVerdict.CTI,
    "unknown": ObligationVerdict.UNKNOWN,
    DISAGREE: ObligationVerdict.DISAGREEMENT,
}
#: Counterexamples to a step that are pursued; what it may break besides is found out roughly.
ENOUGH = 3


@dataclass
class Exploration:
    """A step that was run on the arbitrary state: its arguments and its paths, or where and why it cannot be run."""

    transition: Transition
    arguments: dict[str, Any]
    paths: list[Run]
    why: str = ""

    @functools.cached_property
    def refused(self) -> list[Run]:
        """Return the paths that were refused: one for each reason."""
        return refusals_of(self.paths)

    @functools.cached_property
    def digest(self) -> str:
        """Return the digest of the paths; a step that cannot be run has none."""
        return "" if self.why else " ".join(of_path(p).hex() for p in self.paths)

    def about(self, st: Statement) -> list[Run]:
        """Return the paths that a statement speaks of."""
        return self.refused if st.kind == "refusal" else chosen(st, self.paths)


class Induction:
    """The obligations of one policy: every step against every statement."""

    def __init__(
        self,
        policy: Any,
        statements: list[Statement],
        assumed: list[Statement],
        limits: Limits,
        step_statements: list[Statement] | None = None,
        consequences: list[Statement] | None = None,
    ) -> None:
        """Prepare one arbitrary state in which the assumed statements and the invariants (`statements`) hold."""
        self.step_statements, self.implied = step_statements or [], consequences or []
        self.policy, self.limits = policy, limits
        self.on_proof: Callable[[Obligation, int, Query], None] | None = None
        self.given_up: Callable[[], bool | str] = bool
        self.kind: type[State] = policy.State
        self.statements = statements
        self.before = symbolic_state(self.kind)
        axioms = list(CATALOGUE.axioms.values()) if "platform" in self.kind.inner_states() else []
        self.hypotheses = [*axioms, *assumed, *statements]
        self.instances = Instances([*self.hypotheses, *self.implied], self.kind, self.before)
        self.keys = {
            st.name: tuple(argument(t, f"key!{st.name}.{n}") for n, t in st.params.items())
            for st in [*self.hypotheses, *self.step_statements, *self.implied]
        }

    def pre(self, st: Statement) -> Instance:
        """Return a statement before the step, at the goal's keys."""
        return self.instances.at(st, tuple(word_node(k) for k in self.keys[st.name]))

    def paths(self, transition: Transition) -> tuple[dict[str, Any], list[Run]]:
        """Run a step on the arbitrary state with arbitrary arguments."""
        arguments = {n: argument(t, f"arg!{n}") for n, t in transition.params.items()}
        found = list(explore(lambda: transition(self.before, **arguments), feasible=solver.feasible))
        return arguments, found

    def explored(self, transition: Transition) -> Exploration:
        """Run a step on the arbitrary state; a step that raises, or that the engine cannot run, says so."""
        line = transition.line
        try:
            arguments, paths = self.paths(transition)
        except pymodel.language.truth.Signal as signal:
            return Exploration(transition, {}, [], f"{own_place(self.policy, transition, signal)} {transition.name}: {signal}")
        why = ""
        for error in [p.value for p in paths if p.outcome == "error"][:1]:
            why = f"{own_place(self.policy, transition, error)} {transition.name}: raises {error!r}"
        if not why and not solver.is_impossible(uncovered(paths)):
            why = f"{transition.file}:{line} {transition.name}: {NOT_COVERED}"
        return Exploration(transition, arguments, paths, why)

    def step(
        self, step: Transition | Exploration, general: bool = False, kinds: tuple[Kind, ...] = KINDS, held: Container[str] = ()
    ) -> list[Obligation]:
        """Return the obligations of one step, decided: with a small limit first, and with a larger one if none failed.

        Where an invariant fails, what would follow from it is decided for this step too: it may be what the step breaks.
        A step under arbitrary decisions (`general`) cannot be run concretely, so its counterexamples are not confirmed, and
        one is enough. What is known to hold (`held`) is not decided again.
        """
        goals = [st for st in (*self.statements, *self.step_statements) if st.kind in kinds and st.name not in held]
        run = step if isinstance(step, Exploration) else self.explored(step)
        transition = run.transition
        if run.why:
            return [Obligation(transition.name, st.name, ObligationVerdict.UNKNOWN, where=run.why) for st in goals]
        failed, enough = 0, 1 if general else ENOUGH

        def decided(st: Statement, effort: Effort) -> Obligation:
            nonlocal failed
            one = self.decided_of(run, st, ROUGH if failed >= enough or self.given_up() else effort, general)
            failed += one.verdict == ObligationVerdict.CTI
            return one

        out = [decided(st, FIRST) for st in goals]
        for n, o in enumerate(out):
            if o.verdict == ObligationVerdict.UNKNOWN and not failed:
                out[n] = decided(goals[n], REST)
        return out + [decided(st, FIRST) for st in self.implied] if failed else out

    def decided_of(self, run: Exploration, st: Statement, effort: Effort, general: bool = False) -> Obligation:
        """Decide a step that was run against a statement."""
        if st.kind == Kind.ANSWER:
            return Dependence(self, run, st).obligation(effort)
        return self.obligation(run.transition, run.arguments, run.about(st), st, effort, general)

    def decided(self, own: Exploration, general: Exploration, known: dict[str, Obligation]) -> list[Obligation]:
        """Return the obligations of a step, decided under arbitrary decisions; what fails so is decided for the policy's own.

        What a step refuses is asked of the policy's own decisions alone. What is known to hold is not decided again.
        """
        if own.digest and own.digest == general.digest:
            found = self.step(own, held=known)
            refusals = {st.name for st in self.step_statements if st.kind in ABOUT_REFUSAL}
            for o in found:
                o.arbitrary = None if o.statement in refusals else o.verdict
            return [*known.values(), *found]
        found = self.step(general, general=True, kinds=ABOUT_SUCCESS, held=known)
        for o in found:
            o.arbitrary = o.verdict
        proved = {o.statement: o for o in found if o.holds}
        if len(proved) == len(found):
            return [*known.values(), *found, *self.step(own, kinds=ABOUT_REFUSAL, held=known)]
        implied, failed = {st.name for st in self.implied}, {o.statement: o for o in found if not o.holds}
        known = known | {n: o for n, o in proved.items() if n not in implied}
        decided = self.step(own, held=known)
        for o in decided:
            if o.statement in failed:
                o.arbitrary, o.answers = failed[o.statement].verdict, failed[o.statement].answers
        return [*known.values(), *decided]

    def scout(self, transition: Transition) -> list[str]:
        """Return the statements that a step may break: those that a small effort does not prove."""
        run = self.explored(transition)
        goals = [*self.statements, *self.step_statements, *self.implied]
        answers = [st for st in goals if st.kind == Kind.ANSWER]
        broken = [st for st in goals if st not in answers and not self.proves_soon(transition, run.arguments, run.about(st), st)]
        return [st.name for st in (*broken, *(st for st in answers if not self.decided_of(run, st, ROUGH).holds))]

    def proves_soon(self, tr: Transition, arguments: dict[str, Any], paths: list[Run], st: Statement) -> bool:
        """Say whether a small effort proves a pair."""
        for path in paths:
            try:
                goal, reads, before, pre_reads = self.goal(tr, arguments, path, st)
            except pymodel.language.truth.Signal:
                return True
            if goal is before or ite(before, goal, TRUE) is TRUE:
                continue
            query = Query(self.instances, [path.condition, before, neg(goal)], [*path.reads, *reads, *pre_reads])
            if query.decide(self.limits.rlimit, ROUGH) != "unsat":
                return False
        return True

    def obligation(  # noqa: PLR0913 - a pair, and how to decide it
        self,
        tr: Transition,
        arguments: dict[str, Any],
        paths: list[Run],
        st: Statement,
        effort: Effort = REST,
        general: bool = False,
    ) -> Obligation:
        """Decide one pair; with a rough effort it is proved, or it is not known."""
        began = time.monotonic()
        out = Obligation(tr.name, st.name, ObligationVerdict.FRAMED)
        used: set[str] = set()
        for number, path in enumerate(paths):
            try:
                goal, reads, before, pre_reads = self.goal(tr, arguments, path, st)
            except pymodel.language.truth.Signal as signal:
                out.verdict, out.where = ObligationVerdict.UNKNOWN, f"{st.file}:{st.line} {st.name}: {signal}"
                break
            if goal is before or ite(before, goal, TRUE) is TRUE:
                continue
            out.verdict = ObligationVerdict.PROVED
            query = Query(self.instances, [path.condition, before, neg(goal)], [*path.reads, *reads, *pre_reads])
            query.given_up = self.given_up
            verdict = self.decide(out, query, effort, number)
            used |= {i.statement.name for i in query.used}
            if verdict == "unsat":
                continue
            if not effort.refutes:
                query.reason, verdict = told(self.given_up()), "unknown"
            if verdict == "sat" and general and query.model is not None:
                out.verdict, out.answers = ObligationVerdict.CTI, answers_of(path, query.model)
            elif verdict == "sat":
                self.concretise(out, query, tr, arguments, st)
            elif out.verdict != ObligationVerdict.DISAGREEMENT:
                out.verdict, out.where = ObligationVerdict.UNKNOWN, f"{tr.file}:{tr.line} {tr.name}: {query.reason}"
            break
        out.relies_on = tuple(sorted(used | {st.name}))
        out.seconds = time.monotonic() - began
        return out

    def decide(self, out: Obligation, query: Query, effort: Effort = REST, number: int = 0) -> str:
        """Ask z3, which also chooses the instances, and then whoever else is to decide the question that results."""
        rlimit, query.hint = self.limits.rlimit, recorded().at(out.step, out.statement, number)
        verdict = query.decide(rlimit, effort)
        if verdict == "unsat" and self.on_proof is not None:
            self.on_proof(out, number, query)
        out.cost += query.cost
        others = [name for name in self.limits.solvers if name != "z3"]
        text = solver.export(query.question()) if others or self.limits.smt2 else ""
        if text:
            out.digest = solver.digest(out.digest + text)
        if self.limits.smt2:
            before = len(list(self.limits.smt2.glob(f"{out.step}.{out.statement}.*.smt2")))
            path = self.limits.smt2 / f"{out.step}.{out.statement}.{before}.smt2"
            path.write_text(f"; {out.step} against {out.statement}: unsat proves it\n{text}", encoding="utf-8")
        answers = {"z3": verdict} | {name: crosscheck.decide(name, text, rlimit) for name in others}
        known = {a for a in answers.values() if a != "unknown"}
        for name, answer in answers.items():
            if out.solvers.get(name, "unsat") == "unsat":
                out.solvers[name] = answer
        if len(known) > 1:
            out.verdict, out.where = ObligationVerdict.DISAGREEMENT, f"solvers disagree: {answers}"
            return DISAGREE
        if "z3" in self.limits.solvers or verdict == "sat":
            return verdict
        query.reason = f"{others[0]} stopped at its limit"
        return answers[others[0]]

    def contract(self, decision: Decision) -> Obligation:
        """Decide whether a decision keeps its contract, in every state that satisfies the statements."""
        began = time.monotonic()
        name, place = STEP + decision.name, f"{decision.file}:{decision.line} {decision.name}"
        out = Obligation(name, decision.contract, ObligationVerdict.PROVED)
        given = {n: arbitrary_value(t, f"arg!{n}") for n, t in decision.params.items()}
        used: set[str] = set()
        try:
            paths = list(explore(lambda: decision.function(self.before, **given), feasible=solver.feasible))
            if not solver.is_impossible(uncovered(paths)):
                out.verdict, out.where = ObligationVerdict.UNKNOWN, f"{place}: {NOT_COVERED}"
                paths = []
            for path in paths:
                why = unfit(decision.answer, path.value) if path.outcome == "ok" else repr(path.value)
                if why:
                    out.verdict, out.where = ObligationVerdict.UNKNOWN, f"{place}: its answer: {why}"
                    break
                goal, reads = formula(decision.holds, self.before, *given.values(), path.value)
                query = Query(self.instances, [path.condition, neg(goal)], [*path.reads, *reads])
                verdict = self.decide(out, query)
                used |= {i.statement.name for i in query.used}
                if verdict != "unsat":
                    out.verdict = OF_ANSWER[verdict]
                    out.where = f"{place} need not satisfy {decision.contract}"
                    if verdict == "sat" and query.model is not None:
                        out.cti = example(self.before, decision.params, given, query.model)
                    break
        except pymodel.language.truth.Signal as signal:
            out.verdict, out.where = ObligationVerdict.UNKNOWN, f"{place}: {signal}"
        out.relies_on, out.seconds = tuple(sorted(used)), time.monotonic() - began
        return out

    def goal(self, tr: Transition, arguments: dict[str, Any], path: Run, st: Statement) -> tuple[Node, list[Any], Node, list[Any]]:
        """Return the goal after a path, what it reads, the statement before, and what that reads."""
        asked = (id(self), st.name)
        if asked not in path.goals:
            path.goals[asked] = self._goal(tr, arguments, path, st)
        found: tuple[Node, list[Any], Node, list[Any]] = path.goals[asked]
        return found

    def _goal(self, tr: Transition, arguments: dict[str, Any], path: Run, st: Statement) -> tuple[Node, list[Any], Node, list[Any]]:
        keys = self.keys[st.name]
        if st.kind == Kind.STEP:
            goal, reads = formula(st.function, self.before, tr.name, arguments, path.value, *keys)
            return goal, reads, TRUE, []
        if st.kind == Kind.REFUSAL:
            goal, reads = formula(st.function, self.before, tr.name, arguments, path.value)
            return goal, reads, TRUE, []
        pre = self.pre(st)
        if self.untouched(path.value, pre.reads):
            return pre.formula, [], pre.formula, pre.reads
        goal, reads = formula(st.function, path.value, *keys)
        return goal, reads, pre.formula, pre.reads

    def untouched(self, after: State, reads: list[Read]) -> bool:
        """Say whether a step left alone what a statement reads: the maps that it read before the step, and every single record.

        A statement is a function of what it reads, one read after the other: where all of that is the very same object, it
        reads the same and says the same.
        """
        read = {name for name, _ in reads}
        names = (n for n, shape in self.kind.shapes().items() if n in read or not isinstance(shape, MapShape))
        return all(getattr(after, n, None) is getattr(self.before, n) for n in names)

    def concretise(self, out: Obligation, query: Query, tr: Transition, arguments: dict[str, Any], st: Statement) -> None:
        """Turn a model into a concrete state and step, and run them."""
        model = query.model
        assert model is not None
        state = model.state(self.kind, self.before)
        args = {n: concrete_of(t, arguments[n], model) for n, t in tr.params.items()}
        keys = tuple(concrete_of(t, k, model) for t, k in zip(st.params.values(), self.keys[st.name], strict=True))
        out.cti = {
            "state": write_json(state),
            "arguments": {n: raw(v) for n, v in args.items()},
            "keys": [raw(k) for k in keys],
        }
        try:
            after = tr(state, **args)
            if st.kind == Kind.REFUSAL:
                holds_before, holds_after = True, True
            elif st.kind == Kind.STEP:
                holds_before, holds_after = True, bool(st.function(state, tr.name, args, after, *keys))
            else:
                holds_before, holds_after = bool(st.function(state, *keys)), bool(st.function(after, *keys))
        except Refused as refused:
            if st.kind == Kind.REFUSAL and not st.function(state, tr.name, args, refused.reason):
                out.verdict, out.where = ObligationVerdict.CTI, f"{tr.file}:{tr.line} {tr.name} is refused for {refused.reason!r}"
                return
            out.verdict, out.where = ObligationVerdict.DISAGREEMENT, f"the model's step is refused ({refused.reason!r}) when run"
            return
        out.verdict = ObligationVerdict.CTI if holds_before and not holds_after else ObligationVerdict.DISAGREEMENT
        if out.verdict == ObligationVerdict.DISAGREEMENT:
            out.where = f"when run, {st.name} is {holds_before} before and {holds_after} after"

    def consequences(self, held: Container[str] = ()) -> list[Obligation]:
        """Return the obligations of what follows from the invariants: it holds in every state in which they do."""
        out = []
        instances = Instances(self.hypotheses, self.kind, self.before)
        for st in [st for st in self.implied if st.name not in held]:
            goal, reads = formula(st.function, self.before, *self.keys[st.name])
            out.append(self.in_one_state("every state", st, Query(instances, [neg(goal)], reads)))
        return out

    def in_one_state(self, where: str, st: Statement, query: Query) -> Obligation:
        """Decide a statement about one state."""
        began = time.monotonic()
        one = Obligation(where, st.name, ObligationVerdict.PROVED)
        verdict = self.decide(one, query)
        one.verdict = OF_ANSWER[verdict]
        one.where = query.reason if one.verdict == ObligationVerdict.UNKNOWN else one.where
        one.relies_on = tuple(sorted({st.name} | {i.statement.name for i in query.used}))
        one.seconds = time.monotonic() - began
        return one

    def first(self) -> list[Obligation]:
        """Return the obligations of the state in which everything has its default, for a system that begins there."""
        state = symbolic_state(self.kind, "", self.kind())
        facts = Instances([], self.kind, state)
        goals = [(st, *formula(st.function, state, *self.keys[st.name])) for st in self.statements]
        return [self.in_one_state("first state", st, Query(facts, [neg(goal)], reads)) for st, goal, reads in goals]

    def power_on(self, arbitrary: Container[str]) -> Any:
        """Return the state at power-on: what the platform is, and some parts, are arbitrary, and the rest has its defaults."""
        base, first = symbolic_state(self.kind), symbolic_state(self.kind, "", self.kind())
        names = self.kind.shapes()
        free = {n for n in names if n in arbitrary or self.kind.record_of(n).WHOSE is PLATFORM}
        return self.kind(**{n: getattr(base if n in free else first, n) for n in names})

    def boot(self, facts: list[Statement], arbitrary: Container[str], held: Container[str] = ()) -> list[Obligation]:
        """Return the obligations of power-on: every statement holds in every machine that satisfies the facts about it."""
        state = self.power_on(arbitrary)
        instances = Instances(facts, self.kind, state)
        out = []
        for st in [st for st in self.statements if st.name not in held]:
            goal, reads = formula(st.function, state, *self.keys[st.name])
            query = Query(instances, [neg(goal)], reads)
            one = self.in_one_state("power-on", st, query)
            one.relies_on = (st.name,)
            if one.verdict == ObligationVerdict.CTI and query.model is not None:
                one.cti = example(state, {}, {}, query.model) | {"keys": self.keys_in(st, query.model)}
            out.append(one)
        return out

    def keys_in(self, st: Statement, model: Model) -> list[int]:
        """Return the keys at which a statement fails in a model."""
        return [raw(concrete_of(t, k, model)) for t, k in zip(st.params.values(), self.keys[st.name], strict=True)]


def chosen(st: Statement, paths: list[Run]) -> list[Run]:
    """Return the paths that a statement speaks of: those that were not refused, or, for a refusal, one for each reason."""
    return refusals_of(paths) if st.kind == Kind.REFUSAL else [p for p in paths if p.outcome == "ok"]


def answers_of(path: Run, model: Model) -> tuple[str, ...]:
    """Return what the decisions that were arbitrary on a path answer in a model."""
    out = []
    for name, answer in path.answers:
        fields = answer.fields() if isinstance(answer, Record) else {}
        parts = {n: concrete_of(t, answer.__dict__[n], model) for n, t in fields.items()}
        kind = bool if isinstance(answer, bool | Truth) else type(answer)
        out.append(f"{name} answers {answer.replace(**parts) if fields else concrete_of(kind, answer, model)!r}")
    return tuple(out)
