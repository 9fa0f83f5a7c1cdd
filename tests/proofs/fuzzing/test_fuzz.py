"""The fuzzer finds what is planted, keeps it, begins with it the next time, and takes policies that the prover cannot run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from proofs.fuzzing.fuzz import fuzz
from proofs.fuzzing.stateful import Round, machine, rounds, starts
from proofs.policies import LoadedPolicy
from proofs.policies.code_references import touched
from proofs.search.places import CHANGED_NOTHING, Changed, Place
from proofs.search.replaying import replay
from proofs.search.walker import walker_of
from proofs.theorems import CATALOGUE
from pymodel.hardware.ids import Frame, Vm
from pymodel.hypervisor.memory import FrameKind
from pymodel.language.outcomes import Reason, Refused
from pymodel.language.truth import all_of, negate
from pymodel.machine import Hypervisor, MachineState, steps
from pymodel.platforms import PLATFORMS
from tests.places import POLICIES, ROOT

REFUSING = POLICIES / "refusing.py"
CLAUSES = {c for t in CATALOGUE.theorems.values() for c in t.clauses}


class Unscrubbed(Hypervisor):
    """Does not scrub the hypervisor's own frames."""

    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        """Scrub only what was a guest's."""
        f = s.frame[frame]
        return all_of(f.kind != FrameKind.HYPERVISOR, negate(f.clean))


class Listing(Hypervisor):
    """Decides by sets, floats and sorting, which the prover cannot run."""

    def must_scrub(self, s: MachineState, frame: Frame) -> bool:
        """Scrub always, after some thought."""
        del s
        numbers = sorted({int(frame.raw), 3, 1})
        return sum(numbers) / 2.0 >= 0.0


class Scribbler(Hypervisor):
    """Writes into the state and then refuses."""

    def create_vm(self, s: MachineState, caller: Vm, vm: Vm) -> MachineState:
        """Forget every frame, and say no."""
        del caller, vm
        s.__dict__["frame"] = PLATFORMS["large"]().__dict__["frame"]
        raise Refused(Reason.NOT_ALLOWED)


def loaded(policy: type[Hypervisor]) -> LoadedPolicy:
    """Return a policy of this file as the command line would load it."""
    return LoadedPolicy(policy.__name__, f"test_fuzz.py::{policy.__name__}", policy, ())


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the examples of a test to itself."""
    monkeypatch.chdir(tmp_path)


def test_machine_has_a_rule_for_each_step() -> None:
    """The stateful machine is made from the declarations: each step of each actor is a rule of it."""
    walker = walker_of(Hypervisor(), CLAUSES, 0)
    place = Place("small", PLATFORMS["small"](), [])
    made: Any = machine(Round(walker, [place]))
    rules = made.setup_state().rules
    assert {r.function.__name__ for r in rules} == {f"take_{t.name}" for t in steps(Hypervisor())}


def test_touched_steps_are_those_whose_code_is_not_the_references() -> None:
    """An overridden decision touches the steps that take it, and no others; the reference touches none."""
    assert touched(Hypervisor()) == set()
    assert touched(Unscrubbed()) == {"free", "reclaim"}


def test_planted_fault_is_found_kept_and_replayed_first() -> None:
    """A fault is found in a bounded number of steps from a fixed seed; the next run finds it by its kept trace alone."""
    policy = loaded(Unscrubbed)
    first = fuzz(policy, seconds=None, steps=60_000, seed=1)
    assert [f.statement for f in first.found] == ["a_new_owner_finds_zero"]
    assert "a_new_owner_finds_zero" in replay(first.found[0].trace, policy).broken
    again = fuzz(policy, seconds=None, steps=60_000, seed=2)
    assert [f.trace for f in again.found] == [f.trace for f in first.found]
    assert again.tried == len(first.found[0].trace.steps)


def test_stateful_machine_finds_a_planted_fault_and_shortens_it() -> None:
    """The stateful machine by itself finds a fault, and leaves a run of few steps; the reference survives some rounds."""
    tried = (stateful(Unscrubbed(), seed, 200) for seed in range(32))
    hit, walker = next(t for t in tried if t[0] is not None)
    assert [b.statement.name for b in hit[1]] == ["a_clean_frame_is_zero"]
    assert len(walker.shrink(hit[0], hit[1][0])) <= 3
    assert stateful(Hypervisor(), 0, 60)[0] is None


def stateful(policy: Hypervisor, seed: int, many: int) -> Any:
    """Run many rounds of the stateful machine from power-on, and return what broke."""
    walker = walker_of(policy, {"a_clean_frame_is_zero"}, 0)
    walker.known = {"free": [{"frame": 0x26}, {"frame": 1}], "allocate": [{"frame": 0x26}], "boot": [{}]}
    walker.corpus = [Place("small", PLATFORMS["small"](), [])]
    assert starts(walker) == walker.corpus
    return rounds(walker, many, seed, None, lambda: False).hit, walker


def test_step_that_is_refused_and_changed_something_is_caught() -> None:
    """A refusal that leaves another state behind is reported, with the run that leads to it."""
    report = fuzz(loaded(Scribbler), seconds=None, steps=20_000)
    assert [f.statement for f in report.found] == [CHANGED_NOTHING]
    assert report.found[0].trace.steps[-1].name == "create_vm"
    walker = walker_of(Scribbler(), CLAUSES, 0)
    place = Place("small", PLATFORMS["small"](), [])
    with pytest.raises(Changed):
        walker.take(place, "create_vm", {"caller": 2, "vm": 3})


#: Fuzzes a policy in short turns, and prints all that it reports but the time, and how often the stateful machine was run.
REPORT = """
import json, sys
from proofs.fuzzing import fuzz
from proofs.policies import load
from proofs.search import walker
from proofs.search.corpus import Recorded
from proofs.traces import to_json
if sys.argv[1] == "reference":  # a few scenarios do
    walker.SCENARIOS, walker.LIVES, walker.ATTEMPTS = walker.SCENARIOS[:9], [], []
    walker.recorded = lambda: Recorded([], [], [])
turns, rounds, fuzz.TURN = [], fuzz.rounds, 1_000
fuzz.rounds = lambda *given: turns.append(1) or rounds(*given)
report = fuzz.fuzz(load(sys.argv[1]), seconds=None, steps=int(sys.argv[2]), seed=1)
found = [to_json(f.trace) for f in report.found]
print(json.dumps([len(turns), found, report.errors, report.steps, report.tried, report.successes]))
"""


@pytest.mark.parametrize(
    ("policy", "steps_"),
    [pytest.param("reference", 4_000, marks=pytest.mark.long), (f"{REFUSING}::KeepsShared", 20_000)],
    ids=["reference", "fault"],
)
def test_fuzzing_repeats_from_its_seed(tmp_path: Path, policy: str, steps_: int) -> None:
    """Two fresh processes that hash strings differently take the same steps, by walks and by the stateful machine."""
    told = []
    for hashing in ("1", "2"):
        folder = tmp_path / hashing
        folder.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": hashing, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", REPORT, policy, str(steps_)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter
        told.append(json.loads(done.stdout))
    assert told[0] == told[1]
    turns, found = told[0][:2]
    assert turns > 0 or found
    assert (found != []) == (policy != "reference")


def test_policy_that_the_prover_cannot_run_is_fuzzed() -> None:
    """Sets, floats and sorting are nothing to the fuzzer, and what is sound so is found to be."""
    report = fuzz(loaded(Listing), seconds=None, steps=12_000)
    assert (report.found, report.errors) == ([], [])
    assert report.successes["free"] > 0
