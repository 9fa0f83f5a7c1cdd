"""The recorded runs: each ends in the guard that it is about, and what has none is excluded by the invariants, or listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofs.engine.induction import Induction
from proofs.engine.limits import Limits
from proofs.policies import load
from proofs.search.corpus import FILE, Entry, Recorded, recorded, written
from proofs.search.corpus.guards import Guard, guard_of, guards, steps_by_name
from proofs.search.corpus.recording import Recorder
from proofs.search.places import Place
from proofs.search.scenarios import SCENARIOS
from proofs.search.scenarios.trail import Trail, beginning
from proofs.search.solving.meeting import alone, excluded, succeeding
from proofs.search.stepping import Stepper
from proofs.search.walker import walker_of
from proofs.statements import CATALOGUE, Kind
from pymodel.language.outcomes import Refused
from pymodel.machine import Hypervisor, MachineState
from pymodel.platforms import PLATFORMS
from tests.places import POLICIES

#: As many guards as are met by no run, and not excluded.
UNMET = 84


def taken(entry: Entry) -> Place:
    """Return where a run leads before its last step; all steps but that one succeed on the reference."""
    trail: Trail | None = beginning(entry.platform)
    for name, args in entry.steps[:-1]:
        assert trail is not None
        step, key = steps_by_name()[name], (name, *args.items())
        trail = trail.next.get(key) or trail.follow(key, step(trail.state, **Stepper.typed(step, args)))
    assert trail is not None
    return Place(entry.platform, trail.state, entry.steps[:-1])


def test_each_run_ends_in_its_guard() -> None:
    """The reference takes every step but the last one, which the guard refuses."""
    for entry in recorded().runs:
        name, args = entry.steps[-1]
        step = steps_by_name()[name]
        with pytest.raises(Refused) as refused:
            step(taken(entry).state, **Stepper.typed(step, args))
        assert str(guard_of(name, refused.value)) == entry.guard


def test_every_guard_is_accounted_for() -> None:
    """Each guard of the reference has a run, or a proof, or stands in the list of those that have neither; in one place only."""
    found = recorded()
    names = [entry.guard for entry in found.runs] + found.excluded + found.unmet
    assert sorted(names) == sorted(map(str, guards().values()))
    assert len(found.unmet) <= UNMET


def test_guards_alike_are_told_apart() -> None:
    """A guard of a helper that a step reaches in two ways, or twice, is two guards; its lines may move."""
    names = set(map(str, guards().values()))
    assert len(names) == len(guards())
    assert {"create_vm: NOT_ALLOWED in Vms.create_vm (1)", "create_vm: NOT_ALLOWED in Vms.create_vm (2)"} <= names


@pytest.mark.parametrize("every", [11])
def test_what_is_recorded_as_alone_is(every: int) -> None:
    """The solver agrees, at the place where the run's last step is asked for."""
    named = {str(guard): guard for guard in guards().values()}
    for entry in [entry for entry in recorded().runs if entry.alone][::every]:
        guard = named[entry.guard]
        assert [met for met, _ in alone(taken(entry), steps_by_name()[guard.step], {guard})] == [guard]


def test_what_others_refuse_as_well_is_not_alone() -> None:
    """At power-on no VM can be started; who may not ask at all is refused for two reasons, and so for neither alone."""
    off, start = Place("small", PLATFORMS["small"](MachineState), []), steps_by_name()["start_vm"]
    found = {str(guard) for guard, _ in alone(off, start, {g for g in guards().values() if g.step == "start_vm"})}
    assert found == set()


@pytest.mark.parametrize("every", [7])
def test_what_is_excluded_is_excluded_by_the_invariants(every: int) -> None:
    """No state in which they hold meets one; most are met where they do not hold, and the others by no state at all."""
    named = {str(guard): guard for guard in guards().values()}
    invariants = [st for st in CATALOGUE.statements.values() if st.kind == Kind.STATE]
    proving, trusting = (Induction(Hypervisor(), some, [], Limits()) for some in (invariants, []))
    chosen = [named[text] for text in recorded().excluded[::every]]
    for guard in chosen:
        assert excluded(steps_by_name()[guard.step], {guard}, proving.instances, proving.limits.rlimit) == {guard}
    without = [excluded(steps_by_name()[guard.step], {guard}, trusting.instances, trusting.limits.rlimit) for guard in chosen]
    assert without.count(set()) * 2 > len(chosen)


def test_a_recorder_goes_on_from_where_runs_end() -> None:
    """It takes what the solver finds possible there; a guard counts only if it is the one that refuses."""
    recorder = Recorder(lambda _text: None)
    platform, script = next((on, script) for _, on, script in SCENARIOS if "start_vm" in dict(script))
    begun = script[: [name for name, _ in script].index("start_vm") + 1]
    recorder.walk([(platform, script), (platform, begun)])
    recorder.ends = recorder.ends[1:]
    known = len(recorder.places)
    recorder.grow()
    assert len(recorder.places) > known
    place = recorder.ends[0]
    name, args = "create_vm", {"caller": 5, "vm": 5}
    found = recorder.outcome(place, name, args)
    assert isinstance(found, Guard)
    other = next(guard for guard in recorder.guards if guard.step == name and guard != found)
    recorder.confirm(other, place, args)
    assert other not in recorder.alone
    recorder.confirm(found, place, args)
    assert recorder.alone[found].steps[-1] == (name, args)


def test_the_solver_finds_arguments_with_which_a_step_succeeds() -> None:
    """From power-on the machine boots, and a VM is created once it has."""
    off = Place("small", PLATFORMS["small"](MachineState), [])
    boot, create = steps_by_name()["boot"], steps_by_name()["create_vm"]
    assert list(succeeding(off, create)) == []
    assert [set(args) for args in succeeding(off, boot)] == [set(boot.params)]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Runs that begin alike share their steps in the file."""
    first, second = ("boot", {"a": 1}), ("map", {"page": 2})
    found = Recorded([Entry("g", True, "small", [first]), Entry("h", False, "small", [first, second])], ["x"], ["y"])
    file = tmp_path / "runs.json"
    file.write_text(json.dumps(written(found)), encoding="utf-8")
    assert len(json.loads(file.read_text(encoding="utf-8"))["steps"]) == len(found.runs)
    assert recorded(file) == found


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    """Its runs would be read as something else."""
    file = tmp_path / "runs.json"
    file.write_text(FILE.read_text(encoding="utf-8").replace('"form":1', '"form":0', 1), encoding="utf-8")
    with pytest.raises(AssertionError, match="another form"):
        recorded(file)


def test_a_guard_that_is_weaker_is_found_by_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy with another guard does at the end of a recorded run what the reference would not; no other run is needed."""
    for stories in ("SCENARIOS", "LIVES", "ATTEMPTS"):
        monkeypatch.setattr(f"proofs.search.walker.{stories}", [])
    fault = POLICIES / "recall" / "windows" / "an_extent_is_one_page_longer.py"
    walker = walker_of(load(f"{fault}::Faulty").instance(), set(), 0)
    walker.scripted()
    assert walker.deviating.keys() == {"job_map"}
