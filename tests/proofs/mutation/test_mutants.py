"""Mutants: they are listed alike every time, known ones are killed, and survivors must be explained."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from proofs.mutation import run as runs
from proofs.mutation.__main__ import run
from proofs.mutation.judge import Judge
from proofs.mutation.sources import Mutant, mutants_of
from proofs.mutation.survivors import DEFAULT, load, stale
from proofs.policies import LoadedPolicy
from proofs.policies import load as load_policy
from proofs.search.scenarios import Script
from proofs.search.scenarios.teardown import LIVES
from pymodel.machine import Hypervisor, steps
from pymodel.platforms import PLATFORMS

#: A policy with one decision, whose guard against what is not flushed is the reference's, and one that does nothing.
POLICY = '''
from pymodel import Hypervisor, MachineState, Rid, Space, Vm, any_of


class Choosy(Hypervisor):
    """Lets some VMs have some functions."""

    def may_attach(self, s: MachineState, rid: Rid, vm: Vm, space: Space) -> bool:
        """Say yes to all but one VM, which gets nothing but the first function."""
        del self, s, space
        return any_of(vm != 77, rid == 16)
'''
SURVIVOR = "policy.py:Choosy.may_attach#comparison2"
CHANGE = "rid == 16 -> rid != 16"


def reference() -> dict[str, Mutant]:
    """Return the reference's mutants by key."""
    return {m.key: m for m in mutants_of(load_policy(None))}


Command = Callable[..., int]


@pytest.fixture(scope="module")
def policy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of the policy above."""
    path = tmp_path_factory.mktemp("policy") / "policy.py"
    path.write_text(POLICY, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def policy(policy_file: Path) -> LoadedPolicy:
    """Return the policy above."""
    return load_policy(str(policy_file))


@pytest.fixture(scope="module")
def survivor(policy: LoadedPolicy) -> Mutant:
    """Return a mutant of the policy that survives."""
    return next(m for m in mutants_of(policy) if m.key == SURVIVOR)


@pytest.fixture(scope="module")
def judge(policy: LoadedPolicy, survivor: Mutant) -> Judge:
    """Return a judge of the policy who has judged the survivor and says of it the same again."""
    one = Judge(policy)
    verdict = one.judge(survivor)
    one.judge = lambda mutant: verdict if mutant.key == SURVIVOR else Judge.judge(one, mutant)  # type: ignore[method-assign]
    return one


@pytest.fixture
def mutants(tmp_path: Path, policy_file: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return the command, for the policy above with a file of survivors; its judge is the one of all tests."""

    def command(survivors: dict[str, dict[str, str]], *options: str) -> int:
        file = tmp_path / "survivors.json"
        file.write_text(json.dumps(survivors), encoding="utf-8")
        return run([str(policy_file), "--survivors", str(file), "--jobs", "1", *options])

    monkeypatch.setattr(runs, "Judge", lambda _policy: judge)
    return command


def test_listing_is_the_same_every_time() -> None:
    """Keys are unique, come in the same order, and do not depend on the state of the process."""
    first, again = mutants_of(load_policy(None)), mutants_of(load_policy(None))
    assert [(m.key, m.place, m.text) for m in first] == [(m.key, m.place, m.text) for m in again]
    assert len({m.key for m in first}) == len(first)


def test_every_mutant_compiles_and_is_taken_out_again() -> None:
    """Installing a mutant changes the function that everybody calls, and only while it is installed."""
    for mutant in list(reference().values())[::9]:
        before = mutant.source.function.__code__
        with mutant.installed():
            assert mutant.source.function.__code__ is mutant.code
        assert mutant.source.function.__code__ is before


#: Known mutants, with what is to be said of each.
KNOWN = {
    "memory.py:Memory.donate#guard3": "killed",
    "decisions.py:Decisions.must_scrub#answer2": "killed",
    "decisions.py:Decisions.is_flushed#answer1": "killed",
    "accounts.py:take#effect2": "killed",
    "vms.py:Vms.create_vm#guard1": "killed",
    "ranges.py:Ranges.job_map#guard3": "killed",
    "ranges.py:Ranges.undo_unmap#conjunct2": "killed",
    "leaves.py:Leaves.finish_split#conjunct2": "killed",
    "devices.py:DeviceOperations.attach#guard2": "killed",
    "tables.py:Tables.destroy_space#guard4": "killed",
    "windows.py:Windows.search_step#effect4": "killed",
    "windows.py:Windows.is_free#comparison4": "killed",
    "grants.py:Grants.unshare#swap2": "equivalent",
}


@pytest.mark.parametrize("half", [0, pytest.param(1, marks=pytest.mark.long)])
def test_known_mutants_are_judged_rightly(half: int) -> None:
    """A missing guard, scrub, flush and reference are killed, some of them only where much is half done; others commute."""
    judge, known = Judge(load_policy(None)), reference()
    expected = dict(list(KNOWN.items())[half::2])
    assert {key: judge.judge(known[key]).outcome for key in expected} == expected


@pytest.mark.parametrize(("name", "platform", "script"), LIVES, ids=[n for n, _, _ in LIVES])
def test_lives_run_to_their_end(name: str, platform: str, script: Script) -> None:
    """Every step of a life is accepted by the reference."""
    del name
    known = {t.name: t for t in steps(Hypervisor())}
    state = PLATFORMS[platform]()
    for step, args in script:
        types = known[step].params
        state = known[step](state, **{n: bool(args[n]) if t is bool else t(args[n]) for n, t in types.items()})


def test_survivors_of_the_reference_are_not_stale() -> None:
    """Each entry names a mutant that there is, with the change that it makes."""
    assert stale(load(DEFAULT), reference().values()) == []


def test_survivor_must_be_explained(mutants: Command, capsys: pytest.CaptureFixture[str]) -> None:
    """A survivor without an explanation makes 1, and what to write into the file is printed; with one, 0."""
    assert mutants({}, "--only", SURVIVOR) == 1
    assert SURVIVOR in capsys.readouterr().out
    explained = {SURVIVOR: {"change": CHANGE, "why": "whom the policy favours is promised to nobody"}}
    assert mutants(explained, "--only", SURVIVOR) == 0


@pytest.mark.long
def test_unproved_mutant_is_no_survivor(
    mutants: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the solver stops at its limit, neither proof nor counterexample is found: that is said, and needs no explanation."""
    monkeypatch.setattr(runs, "Judge", functools.partial(Judge, limits=(100,)))
    assert mutants({}, "--only", SURVIVOR) == 0
    told = capsys.readouterr().out
    assert f"unproved    {SURVIVOR}" in told
    assert "not proved any more: attach x " in told
    assert "1 mutants: 0 killed, 1 unproved, 0 undecided, 0 equivalent, 0 explained, 0 open, 0 survived;" in told


def test_mutant_that_takes_too_long_is_undecided(judge: Judge, survivor: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once its time is over a mutant is neither killed nor a survivor."""
    monkeypatch.setattr(judge, "seconds", 0.0)
    late = Judge.judge(judge, survivor)
    assert (late.outcome, late.why) == ("undecided", "neither killed nor proved in 0 s")


@pytest.mark.parametrize(
    ("key", "change"),
    [("policy.py:Choosy.may_attach#comparison7", CHANGE), (SURVIVOR, "rid == 17 -> rid != 17")],
)
def test_stale_entry_is_reported(mutants: Command, capsys: pytest.CaptureFixture[str], key: str, change: str) -> None:
    """An entry for no mutant, or for another change than it says, is named and makes 2 where nothing survives."""
    entries = {SURVIVOR: {"change": CHANGE, "why": "nobody is promised it"}} | {key: {"change": change, "why": "of old"}}
    assert mutants(entries, "--only", SURVIVOR) == (2 if key != SURVIVOR else 1)
    assert f"stale: {key}" in capsys.readouterr().out


@pytest.mark.parametrize("options", [("--only", "nothing"), ("--sample", "0"), ("--survivors", "missing.json")])
def test_wrong_input_makes_2(mutants: Command, options: tuple[str, ...]) -> None:
    """What is not there is said, with the exit code for wrong input."""
    assert mutants({}, *options) == 2


def test_seed_draws_the_same_sample(mutants: Command, capsys: pytest.CaptureFixture[str]) -> None:
    """The same seed lists the same mutants; without one a fresh seed is printed."""
    drawn = []
    for _ in range(2):
        assert mutants({}, "--list", "--sample", "3", "--seed", "5") == 0
        drawn.append(capsys.readouterr().out)
    assert drawn[0] == drawn[1]
    assert mutants({}, "--list", "--sample", "3") == 0
    assert "--seed" in capsys.readouterr().out
