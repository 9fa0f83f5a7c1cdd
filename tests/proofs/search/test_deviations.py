"""Deviations: the solver finds what a changed step does that the reference refuses, also behind a step that prepares it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from proofs.policies import load
from proofs.policies.code_references import read_by_its_own
from proofs.search.places import Place
from proofs.search.scenarios import SCENARIOS
from proofs.search.scenarios.runs.parts import LONG
from proofs.search.solving.aiming import in_front
from proofs.search.solving.deviations import LIKE, deviations, found_at
from proofs.search.walker import Walker, walker_of
from proofs.statements import CATALOGUE
from pymodel import HOST
from pymodel.machine import Hypervisor
from tests.places import POLICIES

#: A policy without the first guard of an operation.
ANYBODY = '''
"""Anybody creates VMs."""

from pymodel import HOST, Hypervisor, Life, MachineState, Reason, Vm, require


class Anybody(Hypervisor):
    """Does not ask who calls."""

    def kill_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        """Kill a VM."""
        require(vm != HOST, Reason.NOT_ALLOWED)
        require(s.vm[vm].life == Life.LIVE, Reason.WRONG_STATE)
        return s.replace(vm=s.vm.set(vm, s.vm[vm].replace(life=Life.DYING)))
'''
LATER = POLICIES / "recall" / "invalidations" / "a_later_completion_stands_for_an_earlier_one.py"


def walker_for(spec: str) -> Walker:
    """Return a walker of a policy that looks at nothing."""
    return walker_of(load(spec).instance(), set(), 0)


def test_the_solver_finds_who_may_not_ask(tmp_path: Path) -> None:
    """Of each guard of the reference that the policy lacks a few arguments are found, in two steps from a machine without VMs."""
    file = tmp_path / "anybody.py"
    file.write_text(ANYBODY, encoding="utf-8")
    walker = walker_for(str(file))
    host = int(HOST.raw)
    platform, story = next((on, script) for _, on, script in SCENARIOS if "start_vm" in dict(script))
    place = walker.power_on(platform)
    for name, args in story[: [name for name, _ in story].index("start_vm")]:
        place = walker.take(place, name, args) or place
    begin, kill = walker.transitions["start_vm"], walker.transitions["kill_vm"]
    assert list(found_at(walker, place, (kill,), Counter())) == []  # no VM lives yet
    found: Counter[object] = Counter()
    rows = list(found_at(walker, place, (begin, kill), found))
    assert rows
    assert max(found.values()) <= LIKE
    for steps in rows:
        assert [name for name, _ in steps] == ["start_vm", "kill_vm"]
        assert steps[-1][1]["caller"] != host or steps[-1][1]["vm"] == host
        after = place
        for name, args in steps:
            after = walker.take(after, name, args) or after
        assert len(after.path) == len(place.path) + len(steps)
        assert walker.compare(Place(after.platform, after.before, after.path[:-1]), after)


def test_the_reference_does_not_deviate_from_itself() -> None:
    """Nothing is changed, so there is nothing to ask."""
    walker = walker_of(Hypervisor(), set(), 0)
    assert list(deviations(walker, 10, bool)) == []


def test_steps_in_front_are_those_that_write_what_the_policys_own_code_reads() -> None:
    """Of a decision about invalidations these are what issues and what completes one."""
    walker = walker_for(f"{LATER}::Faulty")
    own = read_by_its_own(walker.policy) & set(walker.policy.State.shapes())
    assert own == {"invalidation"}


def test_what_is_tried_in_front_writes_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step in front of another writes a part that this, or the statement that it may break, reads."""
    for stories in ("LIVES", "ATTEMPTS"):
        monkeypatch.setattr(f"proofs.search.walker.{stories}", [])
    monkeypatch.setattr("proofs.search.walker.SCENARIOS", [story for story in SCENARIOS if len(story[2]) < LONG])
    walker = walker_of(Hypervisor(), {"a_new_owner_finds_zero"}, 0)
    assert walker.scripted() is None
    last = walker.transitions["release"]
    wanted = walker.reads("release") | walker.checker.reads.get("a_new_owner_finds_zero", set())
    front = in_front(walker, last, [CATALOGUE.statements["a_new_owner_finds_zero"]])
    assert front
    assert last not in front
    assert all(walker.writes[step.name] & wanted for step in front)
