"""Each cited statement has a fault that it alone notices, or a reason why it stays (`requirements/stays.py`).

A fault is a policy, faulty hardware, a line of the model's text that is left out, a step that leaves one record otherwise than it
should, or an operation that a policy adds. Of a policy and of the text all is decided that is cited and asked of the step; of the
others all that is cited is looked at where a run mentions something. Lemmas count apart: a run that breaks one refutes nothing.
"""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest

from proofs.engine.induction import Induction, Limits
from proofs.engine.instances import Instances, formula
from proofs.engine.query import FIRST, REST, Query
from proofs.engine.solvers.solver import forget
from proofs.engine.terms import neg
from proofs.mutation.sources import Mutant, mutants_of
from proofs.policies import load
from proofs.policies.policy_statements import statements_of
from proofs.search.concrete import Checker, changed_keys
from proofs.search.replaying import arguments, take
from proofs.statements import Kind
from proofs.theorems import CATALOGUE
from proofs.theorems.operations.footprints import FOOTPRINTS
from proofs.theorems.operations.keyed import at_key
from proofs.theorems.requirements.stays import FOLLOWS, NOT_SHOWN, SHARED
from proofs.verdicts import ObligationVerdict
from pymodel.hardware.ids import Index, Vm
from pymodel.language.state import HARDWARE, MapShape
from pymodel.machine import Hypervisor, MachineState, steps
from pymodel.platforms import PLATFORMS
from tests.proofs.policies import test_besides, test_wider
from tests.proofs.theorems import test_alone
from tests.proofs.theorems.single_faults import MEDDLED, RECORDS, RUNS, TEXTS, Wrong
from tests.tiers import sampled

CITED = {clause for theorem in CATALOGUE.theorems.values() for clause in theorem.clauses}
KNOWN = {t.name: t for t in steps(Hypervisor())}

#: Shown by other tests: faulty hardware, policies with a sound twin, and wrong tables of authority.
ELSEWHERE = {
    *(statement for _, _, statement in test_alone.FAULTS.values()),
    *(test_besides.FOUND[name][1] for name in test_besides.ALONE),
    *(test_wider.NOT_PROVED[name][1] for name in test_wider.ALONE),
    "what_a_dying_vm_owns_stays_as_it_is",  # by test_content.py, as the next one
    "nothing_of_a_dead_vm_is_let_go_while_something_acts_for_it",
}
#: Policies of which no other promise fails, beside those.
POLICIES = ("drain_function_waits_for_few", "finish_detach_never_for_some", "refuses_for_policy")
#: Keys that are drawn for each statement and fault.
DRAWN = 20
#: Footprints: `test_besides.py` has theirs.
RIGHTFUL = {f.__name__ for f in FOOTPRINTS.values()}


def test_each_cited_statement_is_in_one_table() -> None:
    """What is cited is shown to be noticed alone, follows, is shared or is not shown; no name is there that is not cited."""
    shown = {*ELSEWHERE, *(test_besides.FOUND[name][1] for name in POLICIES), *RECORDS, *TEXTS, *MEDDLED} - RIGHTFUL
    stays = [*FOLLOWS, *(name for names in SHARED.values() for name in names), *NOT_SHOWN]
    assert len(stays) == len(set(stays))
    assert shown & set(stays) == set()
    assert shown | set(stays) == CITED - RIGHTFUL


def test_what_is_not_shown_only_becomes_less() -> None:
    """Whoever shows one takes it out, and lowers the number."""
    assert len(NOT_SHOWN) == 27


@cache
def walked(run: tuple[str, str]) -> list[tuple[Any, str, dict[str, Any], Any]]:
    """Return the steps of a scripted run: the state before, the name, the arguments and the state after."""
    (script,) = (script for name, platform, script in RUNS if (name, platform) == run)
    s: Any = PLATFORMS[run[1]](MachineState)
    out = []
    for number, (name, given) in enumerate(script):
        typed = arguments(KNOWN[name], given, number)
        after, refused = take(KNOWN[name], s, typed)
        assert not refused
        out.append((s, name, typed, after))
        s = after
    return out


@cache
def checker() -> Checker:
    """Return what looks at all that is cited."""
    return Checker([CATALOGUE.statements[name] for name in CITED], MachineState)


def noticed(s: Any, name: str, args: dict[str, Any], after: Any) -> set[str]:
    """Return what is cited and fails of a step, or after it: at keys that those mention, and at some that are drawn."""
    found = [*checker().broken_by(s, name, args, after), *checker().broken_anywhere(after, s)]
    known = {statement.name for statement, _ in found}
    near = numbers_near(s, after)
    return known | {n for n in CITED - known if fails_of_drawn(CATALOGUE.statements[n], near, (s, name, args, after))}


def numbers_near(s: Any, after: Any) -> dict[type, list[int]]:
    """Return the numbers by type in the keys, and in the records before and after, of what a step changed."""
    out: dict[type, list[int]] = {Index: [0, 511]}
    for part, shape in MachineState.shapes().items():
        if isinstance(shape, MapShape):
            for key in changed_keys(getattr(s, part), getattr(after, part)):
                records = [at_key(getattr(one, part), key) for one in (s, after)]
                for word in (*key, *(getattr(r, n) for r in records for n, kind in r.fields().items() if kind is not bool)):
                    out.setdefault(type(word), []).append(word.raw)
    return out


def fails_of_drawn(st: Any, near: dict[type, list[int]], step: tuple[Any, str, dict[str, Any], Any]) -> bool:
    """Say whether a statement fails at one of some keys that are put together of numbers near to what a step changed."""
    (s, *_, after), chance = step, random.Random(st.name)  # noqa: S311 - repeatable on purpose
    for _ in range(DRAWN if st.kind in (Kind.STATE, Kind.CONSEQUENCE, Kind.STEP) else 0):
        keys = [kind.of(chance.choice(near.get(kind, [0]))) for kind in st.params.values()]
        if st.kind == Kind.STEP and not st.function(*step, *keys):
            return True
        if st.of_one_state and st.function(s, *keys) and not st.function(after, *keys):
            return True
    return False


def spoiled(wrong: Wrong, s: Any, after: Any) -> Any:
    """Return the state after a step with the record otherwise."""
    part = getattr(after, wrong.part)
    words: Any = part.key_words(wrong.key) if wrong.key else ()
    old, new = (at_key(getattr(one, wrong.part), words) for one in (s, after))
    types: dict[str, Any] = dict(new.fields())
    typed = {n: bool(v) if types[n] is bool else types[n].of(v) for n, v in (wrong.fields or {}).items()}
    record = old if wrong.fields is None else new.replace(**typed)
    return after._with(**{wrong.part: part._write(words if len(words) > 1 else words[0], record) if words else record})


@pytest.mark.parametrize("statement", sampled(sorted(RECORDS)))
def test_a_wrong_record_is_noticed_by_one(statement: str) -> None:
    """The step as it is breaks nothing; with the record otherwise, it breaks this and nothing else that is cited."""
    wrong = RECORDS[statement]
    s, name, args, after = walked(wrong.run)[wrong.number]
    if wrong.by is not None:
        name, args, after = "meddle", {"caller": Vm(wrong.by)} if wrong.by else {}, s
        assert MachineState.record_of(wrong.part).BY or wrong.part not in MachineState.refusals()
    elif KNOWN[name].actor != "hypervisor":
        own = getattr(s, wrong.part) is not getattr(after, wrong.part)
        assert own or MachineState.record_of(wrong.part).WHOSE is HARDWARE
    assert noticed(s, name, args, after) == set()
    assert noticed(s, name, args, spoiled(wrong, s, after)) == {statement}


@pytest.mark.parametrize("statement", sorted(MEDDLED))
def test_an_operation_of_its_own_is_noticed_by_one(statement: str) -> None:
    """What somebody asks for, which a policy adds, breaks this and nothing else that is cited."""
    run, by, change = MEDDLED[statement]
    s = walked(run)[-1][-1]
    assert noticed(s, "meddle", {"caller": Vm(by)}, change(s)) == {statement}


@cache
def texts() -> dict[str, Mutant]:
    """Return the changes of one line of the model's text."""
    return {mutant.key: mutant for mutant in mutants_of(load(None))}


@pytest.mark.parametrize("statement", sampled(sorted(TEXTS)))
def test_a_change_of_the_text_is_noticed_by_one(statement: str) -> None:
    """Of the step that the change is about this is not proved, and all else that is cited is."""
    step, key, change = TEXTS[statement]
    forget()
    policy = Hypervisor()
    invariants, about, _ = statements_of(policy)
    decide = Induction(policy, invariants, [], Limits(), about)
    mutant = texts()[key]
    assert mutant.text == f"{change} -> (left out)"
    with mutant.installed():
        run = decide.explored(KNOWN[step])
        assert not run.why
        asked = [st for st in (*invariants, *about) if st.name in CITED]
        hard = [st for st in asked if not decide.decided_of(run, st, FIRST).holds]
        found = {st.name: decide.decided_of(run, st, REST) for st in hard}
    assert {name: one.verdict for name, one in found.items() if not one.holds} == {statement: ObligationVerdict.CTI}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_is_noticed_by_one(name: str) -> None:
    """Of the step that the policy changes this is not proved, and all else that is promised is."""
    step, statement = test_besides.FOUND[name]
    assert {st for st, found in test_besides.verdicts(name, step, set()).items() if found not in test_besides.PROVED} == {statement}


@pytest.mark.parametrize("statement", sampled(sorted(FOLLOWS)))
def test_it_follows(statement: str) -> None:
    """The solver proves it in every state of which the others hold, and needs each of them."""
    st = CATALOGUE.statements[statement]

    def follows(others: tuple[str, ...]) -> bool:
        forget()
        decide = Induction(Hypervisor(), [CATALOGUE.statements[n] for n in others], [], Limits(), [], [st])
        goal, reads = formula(st.function, decide.before, *decide.keys[statement])
        query = Query(Instances(decide.hypotheses, decide.kind, decide.before), [neg(goal)], reads)
        return query.decide(decide.limits.rlimit, FIRST) == "unsat"

    assert set(FOLLOWS[statement]) <= CITED - {statement}
    assert follows(FOLLOWS[statement])
    assert not any(follows(tuple(n for n in FOLLOWS[statement] if n != left)) for left in FOLLOWS[statement])
