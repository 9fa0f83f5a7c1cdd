"""Runs from power-on: on a machine of their own, of one step or of none; what is assumed of power-on must hold of the machine."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from proofs.cli.main import run
from proofs.policies import load as load_policy
from proofs.policies.policy_statements import stated
from proofs.prove.step_prover import Setup, StepProver
from proofs.prove.tasks import Begin, Scout
from proofs.report.json_report import schema
from proofs.report.refutation.screen import told_lines
from proofs.report.refutation.telling import tell
from proofs.search.power_on import Allowed, facts, smallest
from proofs.search.replaying import replay
from proofs.theorems import CATALOGUE
from proofs.traces import Trace, TraceError, from_json, load, to_json
from proofs.verdicts import ObligationVerdict
from pymodel.language.json_form import read_json, write_json
from pymodel.machine import Hypervisor, MachineState
from pymodel.platforms import PLATFORMS
from tests.places import POLICIES

FILE = POLICIES / "at_power_on.py"
OWN, NOBODYS = "no_frame_above_8_gib_is_free", "a_free_frame_above_8_gib_is_nobodys"
BLANK = "a_published_page_is_blank"
HIGH = 0x200000
MEMORY = {"key": [HIGH], "is": {"memory": True}}
FREE: dict[str, Any] = {"frame": [{"key": [HIGH], "is": {"kind": "FREE"}}], "platform.frame": [MEMORY]}
#: For each thing that is assumed of power-on a machine that breaks it, and nothing else of it.
BROKEN: dict[str, dict[str, Any]] = {
    "memory_is_free_or_the_hypervisors": {"frame": [{"key": [HIGH], "is": {"kind": "FREE"}}]},
    "a_frame_noted_as_clean_is_zero": {
        "frame": [{"key": [HIGH], "is": {"kind": "FREE", "clean": True}}],
        "memory": [{"key": [HIGH, 7], "is": {"rights": 1}}],
        "platform.frame": [MEMORY],
    },
    "functions_hold_nobodys_data": {"pcie": [{"key": [5], "is": {"present": True}}]},
    "vf_enable_is_clear": {"sriov": [{"key": [5], "is": {"num_vfs": 1}}]},
    "a_function_drives_24_to_64_bits": {"platform.function": [{"key": [5], "is": {"width": 3}}]},
    "a_pf_is_behind_its_bridge": {
        "platform.function": [{"key": [5], "is": {"exists": True, "capable": True, "secondary": 3}}],
        "pcie": [{"key": [5], "is": {"present": True}}],
    },
    "a_slot_around_a_reserved_page_is_reserved": {"platform.reserved": [{"key": [0, "PAGE", 5], "is": {"reserved": True}}]},
}


@cache
def prover(name: str) -> StepProver:
    """Return the step prover of a policy."""
    return StepProver(Setup(f"{FILE}::{name}", 60_000_000))


def own(name: str, machine: dict[str, Any], statement: str = OWN) -> Trace:
    """Return a run of no step on a machine."""
    return Trace(f"{FILE}::{name}", "", (), statement, (HIGH,), machine=machine)


# Which machines there are


def test_each_thing_that_is_assumed_is_looked_at() -> None:
    """A machine that breaks one fact is none, for that reason; the bundled ones are machines."""
    allowed = Allowed(Hypervisor())
    said = {name: allowed.why_not(read_json(MachineState, machine)) for name, machine in BROKEN.items()}
    assert said == {name: f"it breaks {name}" for name in BROKEN}
    assert {fact.name for fact in facts(Hypervisor())} == set(BROKEN)
    assert [allowed.why_not(power_on()) for power_on in PLATFORMS.values()] == ["", ""]
    assert allowed.why_not(read_json(MachineState, FREE)) == ""


def test_what_everybody_begins_with_is_not_for_a_machine_to_choose() -> None:
    """A VM, a table or anything in flight is nothing that there is at power-on; nor is more than can be looked at."""
    allowed = Allowed(Hypervisor())
    alive = read_json(MachineState, {"vm": [{"key": [3], "is": {"life": "LIVE"}}]})
    assert allowed.why_not(alive) == "vm is not as it begins"
    on = read_json(MachineState, {"iommu": {"on": True}})
    assert allowed.why_not(on) == "iommu is not as it begins"
    many = {"platform.frame": [{"key": [n], "is": {"memory": True}} for n in range(5000)]}
    assert allowed.why_not(read_json(MachineState, many)) == "platform.frame has more than 4096 cells"


def test_as_little_as_shows_the_same_is_left() -> None:
    """Cells and fields that do not matter are left out."""
    machine = FREE | {"memory": [{"key": [HIGH, 1], "is": {"rights": 1}}], "platform.iommu": {"invalid_blocks": True}}
    wide = {**machine, "frame": [{"key": [HIGH], "is": {"kind": "FREE", "clean": True}}]}
    assert smallest(wide, lambda found: FREE["frame"][0]["is"].items() <= dict(first(found)).items()) == {"frame": FREE["frame"]}
    assert smallest(wide, lambda found: found.get("platform.iommu") is not None) == {"platform.iommu": {"invalid_blocks": True}}


def first(machine: dict[str, Any]) -> dict[str, Any]:
    """Return the first cell of a machine's frames."""
    return next((cell["is"] for cell in machine.get("frame", ())), {})


# Runs of no step


def test_what_is_false_at_power_on_is_a_run_of_no_step() -> None:
    """The obligation carries the machine and the keys, and is a run that breaks the statement, on as little as that takes."""
    one = prover("NoneFree")
    (failed,) = [o for o in one.power_on() if not o.holds]
    assert (failed.statement, failed.verdict, len((failed.cti or {})["keys"])) == (OWN, ObligationVerdict.CTI, 1)
    ((trace, broken),) = Begin((failed,)).run(one).traces
    assert (trace.steps, trace.platform, trace.statement, broken) == ((), "", OWN, [OWN])
    assert trace.machine is not None
    assert trace.machine.keys() == {"frame", "platform.frame"}


def test_its_sound_twin_is_proved() -> None:
    """What holds on every machine is proved of power-on and of every step."""
    one = prover("FreeIsNobodys")
    assert [o for o in one.power_on() if not o.holds] == []
    held = {st.name for st in [*one.statements, *one.step_statements]} - {NOBODYS}
    decided = [o for name in one.own for o in one.induction.step(one.run(name), held=held)]
    assert {o.statement for o in decided} == {NOBODYS}
    assert len(decided) == len(one.own)
    assert all(o.holds for o in decided)


def test_a_machine_that_is_assumed_away_refutes_nothing() -> None:
    """The solver's machine breaks what the policy assumes of the world: it is no run."""
    one = prover("AssumesNone")
    failed = [o for o in one.power_on() if not o.holds]
    assert [o.statement for o in failed] == [OWN]
    assert one.at_power_on(failed) == []
    with pytest.raises(TraceError, match="none at power-on: it breaks there_is_no_memory_above_8_gib"):
        replay(own("AssumesNone", FREE))


@pytest.mark.parametrize("fact", BROKEN)
def test_a_state_that_breaks_a_fact_does_not_count(fact: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state that is no machine makes no run, though it breaks the statement; without the check it would."""
    one = prover("NoneFree")
    machine = {**BROKEN[fact], "frame": BROKEN[fact].get("frame", FREE["frame"])}
    machine |= {} if fact == "memory_is_free_or_the_hypervisors" else {"platform.frame": [MEMORY]}
    cti = {"state": machine, "arguments": {}, "keys": [HIGH]}
    statement = stated(one.policy)[OWN]
    assert one.from_power_on(statement, cti) is None
    with pytest.raises(TraceError, match=f"stale: its machine is none at power-on: it breaks {fact}"):
        replay(own("NoneFree", machine))
    monkeypatch.setattr(Allowed, "why_not", lambda *_: "")
    found = one.from_power_on(statement, cti)
    assert found is not None
    assert OWN in found[1]


def test_a_state_that_breaks_nothing_is_no_run() -> None:
    """What the solver says is looked at in the model: a machine without such memory does not break the statement."""
    one = prover("NoneFree")
    assert one.from_power_on(stated(one.policy)[OWN], {"state": {}, "arguments": {}, "keys": [HIGH]}) is None


# Runs of one step


@pytest.mark.parametrize(("name", "step"), [("Opens", "open_page"), ("Publishes", "boot")])
def test_a_promise_that_the_first_step_breaks_is_a_run_of_one_step(name: str, step: str) -> None:
    """No bundled machine has memory there that firmware wrote; the run has a machine of its own that does."""
    runs = Scout(step).run(prover(name)).traces
    trace = next(trace for trace, broken in runs if BLANK in broken)
    assert [taken.name for taken in trace.steps] == [step]
    assert trace.machine is not None
    assert [cell["is"]["kind"] for cell in trace.machine["frame"]] == ["HYPERVISOR"]
    assert trace.machine["memory"]


def test_its_repaired_twin_has_no_such_run() -> None:
    """Where firmware says that a page is blank it may be published: nothing is found."""
    one = prover("OpensBlank")
    assert one.first_step("open_page", [stated(one.policy)[BLANK]]) == []


def test_a_step_on_a_state_that_is_no_machine_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a page that is noted as clean is not blank the twin would break its promise; there is no such machine."""
    one = prover("OpensBlank")
    machine = {
        "frame": [{"key": [HIGH], "is": {"kind": "HYPERVISOR", "owner": 1, "clean": True}}],
        "memory": [{"key": [HIGH, 0], "is": {"rights": 1}}],
        "platform.frame": [MEMORY],
    }
    cti = {"state": machine, "arguments": {"frame": HIGH}, "keys": [HIGH, 0]}
    statement, step = stated(one.policy)[BLANK], one.own["open_page"]
    assert one.from_power_on(statement, cti, step) is None
    monkeypatch.setattr(Allowed, "why_not", lambda *_: "")
    assert one.from_power_on(statement, cti, step) is not None


# What is made of them


def test_the_command_refutes_and_everything_written_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1 by a run of no step: on the screen, in JSON and JUnit, saved, replayed, and as a test."""
    monkeypatch.chdir(tmp_path)
    words = ["--no-cache", "--jobs", "1", "--save", "runs", "--json", "r.json", "--junit", "r.xml", "--pytest", "test_r.py", "-v"]
    assert run(["prove", f"{FILE}::NoneFree", *words]) == 1
    out = capsys.readouterr().out
    assert out.startswith("REFUTED  OWN  ")
    assert "The run, from boot, on this machine: no steps, replayed in the model" in out
    assert "platform.frame[F1] is memory" in out
    data = json.loads(Path("r.json").read_text(encoding="utf-8"))
    jsonschema.validate(data, schema())
    assert data["refutations"][0]["machine"] == ["frame[F1] is FREE", "platform.frame[F1] is memory"]
    assert (data["refutations"][0]["by"], data["refutations"][0]["steps"]) == ("power-on", 0)
    assert f"refuted: {OWN} by power-on" in Path("r.xml").read_text(encoding="utf-8")
    (saved,) = Path("runs").iterdir()
    assert load(saved).steps == ()
    assert run(["replay", str(saved)]) == 1
    assert f"still breaks {OWN}" in capsys.readouterr().out
    assert run(["replay", "-v", str(saved)]) == 1
    assert f"BREAKS OWN: {OWN}  [power-on]" in capsys.readouterr().out
    made: dict[str, Any] = {"__file__": str(tmp_path / "test_r.py")}
    exec(compile(Path("test_r.py").read_text(encoding="utf-8"), "test_r.py", "exec"), made)  # noqa: S102 - the test that was made
    with pytest.raises(AssertionError):
        made["test_the_policy_keeps_its_promises"]()
    assert run(["replay", str(saved), "--policy", f"{FILE}::FreeIsNobodys"]) == 0


def test_a_run_of_one_step_is_told_with_its_machine() -> None:
    """The screen shows the machine's cells in front of the step, and the legend what their roles stand for."""
    trace = next(trace for trace, broken in Scout("open_page").run(prover("Opens")).traces if BLANK in broken)
    told = tell(trace)
    text = "\n".join(line.text for line in told_lines(told))
    assert "The run, from boot, on this machine: 1 step, replayed in the model" in text
    assert "frame[F1] is owner the hypervisor, HYPERVISOR" in text
    assert "memory[F1, slot 0] is" in text
    assert "open_page(F1)" in text
    found = re.search(r"F1 = (0x[0-9a-f]+)", told.legend)
    assert found is not None
    assert int(found[1], 16) >= HIGH


def test_a_bundled_machine_can_be_given_as_data() -> None:
    """A run on the data of a bundled machine is the run on the machine by its name."""
    steps = from_json({**to_json(Trace("reference", "small", ())), "steps": [{"step": "boot", "arguments": {}}]}).steps
    by_name = replay(Trace("reference", "small", steps))
    by_data = replay(Trace("reference", "", steps, machine=write_json(PLATFORMS["small"]())))
    assert write_json(by_data.taken[0].after) == write_json(by_name.taken[0].after)
    assert by_data.broken == by_name.broken == []


def test_a_run_of_no_step_that_breaks_nothing_says_so() -> None:
    """Of such a run there is nothing to tell, on a machine of its own or on a bundled one."""
    for trace in (own("FreeIsNobodys", FREE, NOBODYS), Trace("reference", "large", ())):
        told = tell(trace, load_policy(None if trace.policy == "reference" else trace.policy))
        assert (told.broken, told.by, told.steps) == ([], "", 0)
        assert told_lines(told)


def test_the_facts_are_those_of_the_catalogue() -> None:
    """Nothing is assumed of power-on but what the catalogue says, and what a policy assumes of every state."""
    assert facts(Hypervisor()) == CATALOGUE.at_power_on()
    assert [st.name for st in facts(prover("AssumesNone").policy)][len(BROKEN) :] == ["there_is_no_memory_above_8_gib"]
