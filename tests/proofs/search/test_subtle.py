"""Faults that nobody told the tool of: the survey finds each at once, and what is known to be refuted costs little more."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofs.cli.main import run
from proofs.engine import induction
from proofs.engine.induction import Induction, Limits
from proofs.fuzzing.fuzz import fuzz
from proofs.mutation.__main__ import run as mutation
from proofs.policies import LoadedPolicy, load
from proofs.policies.zoo import Entry, entries
from proofs.prove.step_prover import Setup, StepProver
from proofs.prove.witnesses import witness
from proofs.search.walker import walker_of
from proofs.statements import Kind
from proofs.theorems import CATALOGUE
from pymodel.hardware.ids import Frame, Vm
from pymodel.machine import Hypervisor, MachineState, steps
from tests.places import POLICIES
from tests.searching import with_one_argument_changed
from tests.tiers import sampled

FILE = POLICIES / "subtle.py"
#: Each fault with the step that shows it, and a statement that it breaks.
FAULTS = {
    "EndWraps": ("unmap_range", "a_range_loses_no_page_outside_it"),
    "ShownWritable": ("map", "no_table_is_mapped"),
    "RetiringTag": ("bind_tag", "a_space_has_its_root_and_tag"),
    "LastFrameUnchecked": ("assemble_on", "the_frames_of_a_block_are_its_owners_data"),
    "SeesNothingFree": ("search_step", "a_blocker_is_a_page_that_is_not_free"),
    "LastPieceMissing": ("finish_split", "a_split_block_translates_alike"),
    "TrustsEpoch": ("release", "what_a_cpu_has_cached_a_walk_finds"),
}


class Careless(Hypervisor):
    """Gives any frame to anyone, whoever has it."""

    def donate(self, s: MachineState, caller: Vm, vm: Vm, frame: Frame) -> MachineState:
        """Ask nothing."""
        del caller
        return s.put("frame", frame, s.frame[frame].replace(owner=vm))


def prover_of(name: str) -> StepProver:
    """Return the step prover of a policy of the file."""
    return StepProver(Setup(f"{FILE}::{name}", 60_000_000))


@pytest.mark.parametrize("name", sampled(FAULTS))
def test_survey_finds_a_fault(name: str) -> None:
    """The scenarios, with one argument changed, show it; the trace ends in the step at fault and breaks the statement."""
    step, statement = FAULTS[name]
    (trace, broken), *_ = prover_of(name).run_from_boot(with_one_argument_changed)
    assert trace.steps[-1].name == step
    assert statement in broken


#: Faults of the zoo with long runs.
SLOW = ("JH-a8ec2d32", "XSA-288")


@pytest.mark.parametrize("entry", sampled(sorted(entries(), key=lambda entry: entry.id in SLOW)), ids=lambda entry: entry.id)
def test_fuzzing_begins_with_the_faults_of_the_zoo(entry: Entry) -> None:
    """Each breaks something where a scenario goes or near it, or in one step from there: no walk is needed."""
    walker = walker_of(load(entry.spec("Faulty")).instance(), set(CATALOGUE.statements), 0)
    assert walker.prepare(1 << 60) is not None


def test_survey_finds_nothing_in_a_good_policy() -> None:
    """Refusing by a decision is no fault."""
    assert prover_of("Choosy").survey() == []


def induction_of(policy: Hypervisor) -> Induction:
    """Return what decides the invariants of a policy."""
    return Induction(policy, [s for s in CATALOGUE.statements.values() if s.kind == Kind.STATE], [], Limits())


def verdicts_of(policy: Hypervisor, step: str, *, given_up: bool = False) -> dict[str, str]:
    """Return what becomes of each invariant under one step."""
    prover = induction_of(policy)
    prover.given_up = lambda: given_up
    return {o.statement: o.verdict for o in prover.step({t.name: t for t in steps(policy)}[step])}


@pytest.mark.parametrize("given_up", [pytest.param(False, marks=pytest.mark.long), True])
def test_little_is_asked_once_a_policy_is_refuted(given_up: bool) -> None:
    """No counterexample to a step is pursued once there is a run from boot; no proof is made of that."""
    verdicts = verdicts_of(load(f"{FILE}::RetiringTag").instance(), "bind_tag", given_up=given_up)
    assert ("cti" in verdicts.values()) is not given_up
    assert verdicts["a_space_has_its_root_and_tag"] != "proved"
    assert verdicts["a_pin_holds_its_frame"] == "framed"


@pytest.mark.long
def test_a_few_counterexamples_to_a_step_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a step that breaks much, three are pursued; the rest is not proved either."""
    few = verdicts_of(Careless(), "donate")
    monkeypatch.setattr(induction, "ENOUGH", len(few))
    broken = {name for name, verdict in verdicts_of(Careless(), "donate").items() if verdict == "cti"}
    assert [few[name] for name in few if few[name] == "cti"] == ["cti"] * 3
    assert len(broken) > 3
    assert broken <= {name for name, verdict in few.items() if verdict in ("cti", "unknown")}


class Raises(Hypervisor):
    """Makes a number of what it does not have, which no policy that was loaded can."""

    def begin_retype(self, s: MachineState, caller: Vm, frame: Frame) -> MachineState:
        """Put a number where a VM belongs."""
        return s.put("frame", frame, s.frame[frame].replace(owner=int(caller.raw)))


@pytest.mark.parametrize("command", ["prove", "fuzz", "mutation"])
def test_a_mistake_of_pythons_is_told_before_anything_is_run(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A number where a VM belongs is exit 2, with line and column, whatever command was given."""
    monkeypatch.chdir(tmp_path)
    text = FILE.read_text(encoding="utf-8").replace("replace(phase=BlockPhase.WHOLE)", "replace(phase=3)")
    (tmp_path / "p.py").write_text(text, encoding="utf-8")
    policy = "p.py::LastFrameUnchecked"
    assert (mutation([policy]) if command == "mutation" else run([command, policy])) == 2
    assert "takes BlockPhase, not the number 3" in " ".join(capsys.readouterr().err.split())


@pytest.mark.long
def test_fuzzing_tells_of_an_operation_that_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception of the policy ends the search: it is told with file and line."""
    monkeypatch.chdir(tmp_path)
    report = fuzz(LoadedPolicy("raises", "raises", Raises), seconds=None, steps=20_000)
    assert "test_subtle.py:" in report.errors[0]
    assert "begin_retype: TypeError" in report.errors[0]


def test_an_operation_that_raises_is_told_with_its_line() -> None:
    """Nothing is proved of it, and what scenarios show of the other operations is still there."""
    policy = Raises()
    outcomes = induction_of(policy).step({t.name: t for t in steps(policy)}["begin_retype"])
    assert {o.verdict for o in outcomes} == {"unknown"}
    here = Path(__file__).read_text(encoding="utf-8").splitlines()
    line = next(n for n, text in enumerate(here, 1) if "owner=int(caller.raw)" in text)
    assert all(f"test_subtle.py:{line} begin_retype: raises TypeError" in o.where for o in outcomes)
    assert "create_vm" in witness(policy, []).succeeded


class Forgetful(Hypervisor):
    """Does not say what became of the state."""

    def publish(self, s: MachineState, frame: Frame) -> MachineState:  # type: ignore[return]
        """Return nothing."""
        super().publish(s, frame)


def test_an_operation_that_returns_nothing_is_told() -> None:
    """The step and its line are named, and not the statement that could not read the state; nothing is proved of it."""
    policy = Forgetful()
    transition = {t.name: t for t in steps(policy)}["publish"]
    outcomes = induction_of(policy).step(transition)
    told = f"{Path(__file__).name}:{transition.line} publish: raises TypeError('publish returns NoneType, and not a state')"
    assert {o.verdict for o in outcomes} == {"unknown"}
    assert all(o.where.endswith(told) for o in outcomes)
    assert "publish" not in witness(policy, []).succeeded
