"""Engines that are broken on purpose: each fault makes the checks of the engine fail, so that a check has been seen to fail.

A fault that makes the engine say too much is found by random programs, or by a small system in which it "proves" what is
false. A fault that makes it say too little (an instance forgotten) may only lose proofs.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest
from hypothesis import Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from proofs.engine import induction, maps, paths, terms
from proofs.engine.decisions import decisions
from proofs.engine.induction import Induction, Limits
from proofs.engine.instances import Instance, Instances
from proofs.engine.maps import SymbolicMap
from proofs.engine.paths import PathLimit, Run
from proofs.engine.solvers import solver
from proofs.engine.terms import FALSE, Node, neg
from proofs.policies import PolicyError, load
from proofs.statements import Statement, describe_method
from pymodel.hardware.ids import Vm
from pymodel.hypervisor.ids import Pin
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import Map, Record, State
from pymodel.language.steps import decision, operation, steps_of
from pymodel.language.truth import implies
from pymodel.language.words import Word
from tests.proofs.engine.test_engine import PROGRAMS, SEEDS, Tree, disagreements
from tests.proofs.engine.test_unknown import unknown_at

# Faults that random programs find

real_explore, real_set, real_reset, real_read = paths.explore, SymbolicMap._write, SymbolicMap.reset, SymbolicMap.read
real_conj, real_disj, real_ite, real_require = terms.conj, terms.disj, terms.ite, Run.require


def first_path(*args: Any, **how: Any) -> Iterator[paths.Path]:
    """Explore one path and no more."""
    return islice(real_explore(*args, **how), 1)


def no_other_branch(_: Run, asked: Node) -> bool:
    """Follow one answer and forget the other."""
    del asked
    return True


def as_if_known(run: Run, question: Node) -> bool:
    """Follow both answers and forget to learn which."""
    before = list(run.conditions)
    answer = REAL_BRANCH(run, question)
    run.conditions[:] = before
    return answer


REAL_BRANCH = Run.branch


def no_refusal(run: Run, fact: Node, _: Reason) -> None:
    """Go on under a guard and forget that the step is refused elsewhere."""
    run.learn(fact)


def no_guard(run: Run, fact: Node, reason: Reason) -> None:
    """Note a refusal and go on everywhere."""
    run.refusals.append((real_conj([*run.conditions, neg(fact)]), reason))


def unchanged(m: SymbolicMap, *_: Any) -> SymbolicMap:
    """Forget an update."""
    return m


def last_of(m: SymbolicMap, key: Any, record: Any) -> SymbolicMap:
    """Forget every update before this one."""
    return real_set(SymbolicMap(m.shape, m.prefix, m.base), key, record)


def everywhere(m: SymbolicMap, key: Any, record: Any) -> SymbolicMap:
    """Take every key for the first part of the one that is set."""
    after = real_set(m, key, record)
    after.update = ("set", after.update[1][:1] * len(after.update[1]), record, frozenset())
    return after


def as_if_kept(m: SymbolicMap, key: Any, record: Any) -> frozenset[str]:
    """Take every write for one that writes back what stands there."""
    del key, record
    return frozenset(m.shape.record.fields())


def by_first_part(m: SymbolicMap, key: tuple[Node, ...]) -> Any:
    """Take keys that begin alike for one key."""
    first = (key[0].number,)
    if first not in m.cache:
        m.cache[first] = real_read(m, key)
    return m.cache[first]


def of_the_parent(m: SymbolicMap, update: Any) -> SymbolicMap:
    """Make the next map with the last one's memory of what was read."""
    after = SymbolicMap(m.shape, m.prefix, m.base)
    after.parent, after.update, after.cache = m, update, m.cache
    return after


def at_even_keys(m: SymbolicMap, predicate: Callable[..., bool]) -> SymbolicMap:
    """Reset no key whose lowest bit is set."""
    return real_reset(m, lambda k, *rest: predicate(k, *rest) if (k & 1) == 0 else False)


def all_but_last(parts: list[Node]) -> Node:
    """Drop a part of a conjunction."""
    return real_conj(parts[:-1] if len(parts) > 1 else parts)


def any_but_last(parts: list[Node]) -> Node:
    """Drop a part of a disjunction."""
    return real_disj(parts[:-1] if len(parts) > 1 else parts)


def the_other(c: Node, a: Node, b: Node) -> Node:
    """Choose the wrong way round."""
    return real_ite(c, b, a)


def as_it_was(root: Node, _: dict[int, Node]) -> Node:
    """Leave the holes of a predicate open."""
    return root


FAULTS: dict[str, tuple[Any, str, Any]] = {
    "only the first path": (paths, "explore", first_path),
    "a branch dropped": (Run, "_decide", no_other_branch),
    "an answer not learned": (Run, "branch", as_if_known),
    "a refusal forgotten": (Run, "require", no_refusal),
    "a guard forgotten": (Run, "require", no_guard),
    "a set forgotten": (SymbolicMap, "_write", unchanged),
    "a reset forgotten": (SymbolicMap, "reset", unchanged),
    "earlier updates forgotten": (SymbolicMap, "_write", last_of),
    "a set at another key": (SymbolicMap, "_write", everywhere),
    "a write taken for none": (SymbolicMap, "_kept", as_if_kept),
    "keys that begin alike": (SymbolicMap, "read", by_first_part),
    "a stale read": (SymbolicMap, "_next", of_the_parent),
    "a reset of some keys": (SymbolicMap, "reset", at_even_keys),
    "a path's conjunction": (paths, "conj", all_but_last),
    "a key's conjunction": (maps, "conj", all_but_last),
    "a program's conjunction": (terms, "conj", all_but_last),
    "a summary's disjunction": (paths, "disj", any_but_last),
    "a program's disjunction": (terms, "disj", any_but_last),
    "an update's choice": (maps, "ite", the_other),
    "a program's choice": (terms, "ite", the_other),
    "a predicate's holes": (maps, "substitute", as_it_was),
}


def is_found(examples: int = 300, **how: Any) -> bool:
    """Say whether some random program behaves otherwise on terms than on numbers."""

    def differs(drawn: tuple[Tree, int]) -> bool:
        try:
            return disagreements(*drawn, limit=64, **how) != []
        except PathLimit:
            return False

    quick = settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate])
    try:
        find(st.tuples(PROGRAMS, SEEDS), differs, settings=quick, random=Random(examples))  # noqa: S311 - the same programs each time
    except NoSuchExample:
        return False
    return True


@pytest.mark.parametrize("fault", FAULTS)
def test_random_programs_find_a_fault(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few random programs tell an engine with one fault from the concrete run."""
    monkeypatch.setattr(*FAULTS[fault])
    assert is_found()


def test_random_programs_find_no_fault_in_the_engine() -> None:
    """The twin: without a fault the same programs and inputs find nothing."""
    assert not is_found(examples=100)


def only_if_sat(condition: Node) -> bool:
    """Take what the solver does not know for infeasible."""
    session = solver.Session()
    session.add([condition])
    return session.check(2_000_000) == "sat"


def test_random_programs_find_an_unknown_that_drops_a_branch() -> None:
    """If `unknown` counts as infeasible, inputs lose their path; as the engine takes it, none does."""
    with unknown_at(lambda n: n % 3 == 0):
        assert is_found(feasible=only_if_sat, free=0)
        assert not is_found(feasible=solver.feasible, free=0, examples=30)


# Faults that make a small system prove what is false


class Desk(Word, width=8):
    """The number of a desk."""

    __slots__ = ()


class Who(Word, width=8):
    """Whoever may own a desk; 0 is nobody."""

    __slots__ = ()


class DeskRecord(Record):
    """Whose desk it is."""

    owner: Who = Who(0)


class Person(Record):
    """Whether somebody is alive."""

    alive: bool = False


class Office(State):
    """Desks and people."""

    desk: Map[Desk, DeskRecord]
    person: Map[Who, Person]


class Manager:
    """Steps of the office, right and wrong; each name is looked up in `RIGHT`."""

    State = Office

    def owners_are_alive(self, s: Office, desk: Desk) -> bool:
        """Whoever owns a desk is alive."""
        return implies(s.desk[desk].owner != 0, s.person[s.desk[desk].owner].alive)

    @operation
    def take(self, s: Office, who: Who, desk: Desk) -> Office:
        """Somebody alive takes a free desk."""
        require(s.person[who].alive, Reason.WRONG_STATE)
        require(s.desk[desk].owner == 0, Reason.OCCUPIED)
        return s.put("desk", desk, DeskRecord(who))

    @operation
    def seize(self, s: Office, who: Who, desk: Desk) -> Office:
        """Anybody takes a free desk."""
        require(s.desk[desk].owner == 0, Reason.OCCUPIED)
        return s.put("desk", desk, DeskRecord(who))

    @operation
    def join(self, s: Office, desk: Desk, other: Desk) -> Office:
        """Give the owner of one desk another one, which needs the invariant at the first."""
        return s.put("desk", other, s.desk[desk])

    @operation
    def cross(self, s: Office, who: Who, desk: Desk) -> Office:
        """Anybody gets a desk, but for the desk where nobody does."""
        if desk == 5:
            return s.put("desk", desk, DeskRecord(Who(0)))
        return s.put("desk", desk, DeskRecord(who))

    @operation
    def favour(self, s: Office, who: Who, desk: Desk) -> Office:
        """Anybody gets one desk, and nobody any other."""
        if desk == 5:
            return s.put("desk", desk, DeskRecord(who))
        return s.put("desk", desk, DeskRecord(Who(0)))

    @operation
    def bury(self, s: Office, who: Who) -> Office:
        """Somebody dies, and the desks are free again."""
        after = s.put("person", who, Person(alive=False))
        return after.replace(desk=after.desk.reset(lambda _, r: r.owner == who))

    @operation
    def forget(self, s: Office, who: Who) -> Office:
        """Somebody dies, and some of the desks are free again."""
        after = s.put("person", who, Person(alive=False))
        return after.replace(desk=after.desk.reset(lambda k, r: r.owner == who if k != 7 else r.owner == 0))


GOOD, BAD = {"take", "join", "bury"}, {"seize", "cross", "favour", "forget"}
RIGHT = dict.fromkeys(GOOD, "proved") | dict.fromkeys(BAD, "cti")
STATEMENT = describe_method(Manager().owners_are_alive)


def verdicts() -> dict[str, str]:
    """Return what the prover says of each step of the office."""
    decide = Induction(Manager(), [STATEMENT], [], Limits(rlimit=2_000_000))
    found = {t.name: decide.step(t)[0].verdict for t in steps_of(Manager())}
    return {name: "proved" if verdict == "framed" else verdict for name, verdict in found.items()}


def wrongly_proved(found: dict[str, str]) -> set[str]:
    """Return the steps that are proved and should not be."""
    return {name for name, verdict in found.items() if verdict == "proved" and RIGHT[name] != "proved"}


def test_the_engine_decides_the_office_rightly() -> None:
    """The twin: without a fault every verdict is right."""
    assert verdicts() == RIGHT


#: Faults, and what they "prove" of the office.
UNSOUND = {
    "a set forgotten": BAD,
    "a path's conjunction": BAD,
    "an update's choice": {"forget"},
}


@pytest.mark.parametrize("fault", UNSOUND)
def test_a_fault_changes_a_verdict(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the runs or maps shows in this: a wrong step comes out as proved."""
    monkeypatch.setattr(*FAULTS[fault])
    assert wrongly_proved(verdicts()) == UNSOUND[fault]


#: Faults that lose a case of a step: a path, a branch, or where it is refused.
LOSING = {
    "only the first path": (induction, "explore", first_path),
    "all but the first path": (induction, "explore", lambda *args, **how: islice(real_explore(*args, **how), 1, None)),
    "a branch dropped": FAULTS["a branch dropped"],
    "a refusal forgotten": FAULTS["a refusal forgotten"],
}


@pytest.mark.parametrize("fault", LOSING)
def test_a_step_of_which_a_case_is_lost_is_not_decided(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cases of a step are all cases: where one is on no path, and is not refused, nothing is said of the step."""
    monkeypatch.setattr(*LOSING[fault])
    found = verdicts()
    assert "unknown" in found.values()
    assert all(verdict in (RIGHT[name], "unknown") for name, verdict in found.items())


class Decider:
    """A decision that keeps its contract on one path and breaks it on the other."""

    State = Office

    @decision("contract_fair")
    def fair(self, s: Office, who: Who) -> bool:
        """Say yes to those who are alive, and to one besides."""
        if who == 5:
            return True
        return s.person[who].alive

    def contract_fair(self, s: Office, who: Who, answer: bool) -> bool:
        """Only to those who are alive."""
        return implies(answer, s.person[who].alive)


@pytest.mark.parametrize("fault", [None, *LOSING])
def test_a_decision_of_which_a_case_is_lost_keeps_no_contract(fault: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a path of a decision is lost, nothing is said of its contract, whatever the paths at hand do."""
    if fault is not None:
        monkeypatch.setattr(*LOSING[fault])
    decide = Induction(Decider(), [STATEMENT], [], Limits(rlimit=2_000_000))
    verdict = decide.contract(decisions(Decider())["fair"]).verdict
    assert verdict == ("cti" if fault in (None, "a refusal forgotten") else "unknown")


@pytest.mark.parametrize(("judge", "lost"), [(only_if_sat, {"cross", "favour"}), (solver.feasible, set())], ids=["broken", "right"])
def test_an_unknown_that_drops_a_branch_decides_nothing(
    judge: Callable[[Node], bool], lost: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the solver does not know about a branch and that counts as infeasible, the step that lost it is not decided."""
    monkeypatch.setattr(solver, "feasible", lambda condition: judge_unknown(judge, condition))
    monkeypatch.setattr(induction, "explore", functools.partial(real_explore, free=0))
    assert verdicts() == RIGHT | dict.fromkeys(lost, "unknown")


def judge_unknown(judge: Callable[[Node], bool], condition: Node) -> bool:
    """Ask whether a condition is feasible while the solver knows nothing."""
    with unknown_at(lambda _: True):
        return judge(condition)


def test_a_touched_map_taken_for_untouched_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """If what a step changes counts as left alone, every wrong step is proved."""
    monkeypatch.setattr(Induction, "untouched", lambda *_: True)
    assert wrongly_proved(verdicts()) == BAD


real_close, real_find, real_goal = Instances.close, Instances.__init__, Induction.goal


def nothing(_: Instances, reads: list[Any], rounds: int) -> list[Instance]:
    """Forget every instance."""
    del reads, rounds
    return []


def all_but_first(instances: Instances, reads: list[Any], rounds: int) -> list[Instance]:
    """Forget one instance."""
    return real_close(instances, reads, rounds)[1:]


@pytest.mark.parametrize("broken", [nothing, all_but_first])
def test_a_forgotten_instance_only_loses_proofs(broken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the instance that a proof needs there is no proof; nothing else becomes one."""
    monkeypatch.setattr(Instances, "close", broken)
    found = verdicts()
    assert found["join"] in ("cti", "unknown", "disagreement")
    assert wrongly_proved(found) == set()


def absurd(instances: Instances, reads: list[Any], rounds: int) -> list[Instance]:
    """Assume what is false."""
    return [*real_close(instances, reads, rounds), Instance(STATEMENT, (), FALSE, [])]


def everybody_is_alive(_: Manager, s: Office, who: Who) -> bool:
    """State what does not hold, and is not assumed by anybody."""
    return s.person[who].alive


def another_statement(instances: Instances, statements: list[Statement], kind: type[State], s: Any) -> None:
    """Assume a statement that nobody asked for."""
    real_find(instances, [*statements, describe_method(everybody_is_alive.__get__(Manager()))], kind, s)


goals: list[Node] = []


def noted_goal(decide: Induction, *args: Any) -> Any:
    """Note the goal, for `the_goal_itself`."""
    found = real_goal(decide, *args)
    goals.append(found[0])
    return found


def the_goal_itself(instances: Instances, reads: list[Any], rounds: int) -> list[Instance]:
    """Assume the statement after the step."""
    return [*real_close(instances, reads, rounds), Instance(STATEMENT, (), goals[-1], [])]


INVENTED = [
    ("close", absurd, BAD),
    ("close", the_goal_itself, BAD),
    ("__init__", another_statement, {"seize", "cross", "favour"}),
]


@pytest.mark.parametrize(("name", "broken", "wrong"), INVENTED, ids=[broken.__name__ for _, broken, _ in INVENTED])
def test_an_invented_instance_shows(name: str, broken: Any, wrong: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance of what is not assumed proves a wrong step, and the office shows it."""
    monkeypatch.setattr(Induction, "goal", noted_goal)
    monkeypatch.setattr(Instances, name, broken)
    assert wrongly_proved(verdicts()) == wrong


@pytest.mark.parametrize("on", [False, True], ids=["once", "from there on"])
def test_an_unknown_at_any_answer_proves_nothing(on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every branch and question of the office unknown in turn, a verdict stays right or becomes unknown."""
    monkeypatch.setattr(induction, "explore", functools.partial(real_explore, free=0))
    with unknown_at(lambda _: False) as asked:
        assert verdicts() == RIGHT
    for at in asked:
        with unknown_at(lambda n, at=at: n == at or (on and n > at)):  # type: ignore[misc]
            found = verdicts()
        assert all(verdict in (RIGHT[name], "unknown") for name, verdict in found.items())
        assert not on or "unknown" in found.values()


# Policies that would fool a careless engine: each behaves otherwise on numbers than on terms, or the fiftieth time

POLICY = """\
from __future__ import annotations
from pymodel import Hypervisor, MachineState, Map, Pin, Reason, Record, Vm, choose, invariant, negate, operation, require

class Note(Record):
    kept: bool = False

class P(Hypervisor):
    calls = 0
    class State(Hypervisor.State):
        note: Map[Pin, Note]

    @invariant
    def no_note_is_kept(self, s: MachineState, pin: Pin) -> bool:
        return negate(s.note[pin].kept)

    @operation
    def touch(self, s: MachineState, caller: Vm, pin: Pin) -> MachineState:
        fine, wrong = s, s.put("note", pin, Note(kept=True))
{}
"""
BODY = POLICY[: POLICY.index("{}")].count("\n") + 1
#: Bodies of `touch`, with the line of each that the loader must name (0: the engine itself says unknown).
FOOLING = {
    "a refusal that is caught": (
        1,
        [
            "try:",
            "    require(pin == 0, Reason.POLICY)",
            "except Exception:",
            "    return wrong",
            "return fine",
        ],
    ),
    "a signal that is caught": (
        1,
        [
            "try:",
            "    s.note.reset(lambda k, r: 1)",
            "except BaseException:",
            "    return fine",
            "return wrong",
        ],
    ),
    "a choice that is caught": (
        1,
        [
            "try:",
            "    choose(pin == 7, caller, pin)",
            "except TypeError:",
            "    return fine",
            "return wrong",
        ],
    ),
    "an attribute that is caught": (1, ["try:", "    s.note.parent", "except AttributeError:", "    return wrong", "return fine"]),
    "an iterator in a predicate": (
        1,
        [
            "once = zip((1,))",
            "both = wrong.put('note', pin + 1, Note(kept=True))",
            "return s.replace(note=both.note.reset(lambda k, r: any(True for _ in once)))",
        ],
    ),
    "a reset inside a predicate": (
        0,
        [
            "both = wrong.put('note', pin + 1, Note(kept=True))",
            "return s.replace(note=both.note.reset(lambda k, r: negate(both.note.reset(lambda o, _: o == k)[pin].kept)))",
        ],
    ),
    "a counter on self": (1, ["self.calls += 1", "return wrong if self.calls == 50 else fine"]),
    "a counter in a default": (1, ["f = lambda seen=[]: seen", "f().append(1)", "return wrong if len(f()) == 1 else fine"]),
    "a type": (1, ["if type(pin.raw) is int:", "    return wrong", "return fine"]),
    "a leak of int": (1, ["try:", "    int(pin)", "except Exception:", "    return fine", "return wrong"]),
    "any leak of int": (1, ["try:", "    int(pin)", "except BaseException:", "    return fine", "return wrong"]),
    "a leak of a key": (1, ["try:", "    {{}}.get(pin)", "except Exception:", "    return fine", "return wrong"]),
    "a leak in a range": (1, ["try:", "    range(pin)", "except Exception:", "    return fine", "return wrong"]),
    "a truth as a number": (1, ["try:", "    (pin == 1) + 1", "except Exception:", "    return fine", "return wrong"]),
}


def judged(folder: Path, body: list[str]) -> tuple[list[tuple[str, int]], set[str], bool]:
    """Return where a policy is refused, the verdicts of its step otherwise, and whether it is wrong when it is run as Python."""
    path = folder / "policy.py"
    path.write_text(POLICY.format("\n".join("        " + line.format() for line in body)), encoding="utf-8")
    module = sys.modules["fooling"] = ModuleType("fooling")
    exec(compile(path.read_bytes(), str(path), "exec"), vars(module))  # noqa: S102 - what a loader would not build is run
    policy: Any = module.P()
    after = [policy.touch(policy.State(), Vm(2), Pin(7)) for _ in range(60)]
    wrong = any(s.note[Pin(n)].kept for s in after for n in range(9))
    try:
        load(str(path))
    except PolicyError as error:
        return [(Path(f.file).name, f.line - BODY + 1) for f in error.findings], set(), wrong
    decide = Induction(policy, [describe_method(policy.no_note_is_kept)], [], Limits(rlimit=2_000_000))
    step = next(t for t in steps_of(policy) if t.name == "touch")
    return [], {o.verdict for o in decide.step(step)}, wrong


@pytest.mark.parametrize(("body", "verdict"), [("return fine", "framed"), ("return wrong", "cti")])
def test_an_honest_policy_is_judged_as_it_is(tmp_path: Path, body: str, verdict: str) -> None:
    """The twins: what is right is proved, what is wrong is not, and neither is rejected."""
    assert judged(tmp_path, [body]) == ([], {verdict}, verdict == "cti")


@pytest.mark.parametrize("name", FOOLING)
def test_a_fooling_policy_is_rejected_or_unknown(tmp_path: Path, name: str) -> None:
    """A policy that is wrong when run, and not when looked at once, is rejected with its line, or its step is not proved."""
    line, body = FOOLING[name]
    found, verdicts_of_step, wrong = judged(tmp_path, body)
    assert wrong
    assert ("policy.py", line) in found if line else not verdicts_of_step & {"proved", "framed"}
