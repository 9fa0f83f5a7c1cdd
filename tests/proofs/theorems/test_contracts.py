"""Contracts: one for each operation of the reference, each field filled or with a reason, and what is touched is named."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from proofs.cli.main import run
from proofs.engine.induction import Induction, Limits, chosen
from proofs.engine.maps import truth_node
from proofs.engine.solvers import solver
from proofs.engine.solvers.solver import forget
from proofs.engine.terms import conj, neg
from proofs.policies import PolicyError, load
from proofs.search.replaying import arguments, take
from proofs.theorems import CATALOGUE
from proofs.theorems.operations import contracts
from proofs.theorems.operations.contract import Excuse, Lowers, NoCaller, Unstated, anew, at, those
from proofs.theorems.operations.contracts import CHAPTERS, CONTRACTS, STAGES, WORLD
from proofs.theorems.operations.footprints import FOOTPRINTS
from proofs.theorems.operations.terms.core import Fact, always, arg, becomes
from proofs.theorems.operations.terms.memory import owner_of
from proofs.theorems.operations.terms.tables import slot_at
from pymodel.hardware.ids import Frame, Vm
from pymodel.hypervisor.ids import Pin
from pymodel.language.outcomes import Reason
from pymodel.language.steps import operation, steps_of
from pymodel.machine import Hypervisor, MachineState, steps
from pymodel.platforms import PLATFORMS
from tests.kept import kept

REFERENCE = {step.name: step for step in steps_of(Hypervisor())}


def test_each_operation_has_exactly_one_contract() -> None:
    """None without, none for no operation, none twice, and each step of the machine is an operation or the world's."""
    named = [contract.operation for chapter in CHAPTERS for contract in chapter.CONTRACTS]
    assert sorted(named) == sorted(REFERENCE)
    assert {step.name for step in steps(Hypervisor())} == {*CONTRACTS, *WORLD}


@pytest.mark.parametrize("name", CONTRACTS)
def test_each_field_says_something(name: str) -> None:
    """A field is filled, or says why it is not; what has a caller has an authority; parts and maps are the machine's."""
    contract = CONTRACTS[name]
    assert ("caller" in REFERENCE[name].params) != isinstance(contract.authority, NoCaller)
    for part in (contract.authority, contract.entitlement, contract.does):
        assert not isinstance(part, NoCaller | Unstated) or len(part.why.split()) > 2
    assert isinstance(contract.does, Unstated) or contract.does
    assert {touch.part for touch in contract.touches} <= set(MachineState.shapes())
    assert not isinstance(contract.stage, Lowers) or {contract.stage.part, *contract.stage.adds} <= set(STAGES)
    assert len({repr(excuse.reason) for excuse in contract.excuses}) == len(contract.excuses)
    assert all(text for _, text in contract.rows())


@pytest.mark.parametrize("name", CONTRACTS)
def test_nobody_is_entitled_who_may_not_ask(reference: Induction, name: str) -> None:
    """An entitlement is of callers whom the authority names."""
    contract, step = CONTRACTS[name], REFERENCE[name]
    if isinstance(contract.authority, NoCaller):
        assert "caller" not in step.params
        return
    given, _ = reference.paths(step)
    assert isinstance(contract.entitlement, Fact)
    entitled, may_ask = (truth_node(fact(reference.before, given)) for fact in (contract.entitlement, contract.authority))
    assert solver.feasible(entitled)
    assert not solver.feasible(conj([entitled, neg(may_ask)]))


@pytest.fixture
@kept
def reference() -> Induction:
    """Return the induction of the reference, which has an arbitrary state."""
    return Induction(Hypervisor(), [s for s in CATALOGUE.statements.values() if s.kind == "state"], [], Limits())


def test_every_part_has_a_footprint() -> None:
    """No part is left out but what the platform is; the statements are clauses of AUT-1."""
    facts = {part for part in MachineState.shapes() if part.startswith("platform.")}
    assert set(FOOTPRINTS) == set(MachineState.shapes()) - facts
    assert {statement.__name__ for statement in FOOTPRINTS.values()} <= set(CATALOGUE.theorems["AUT-1"].clauses)


@pytest.mark.parametrize(
    "name", ["donate", "reclaim", "drain_function", "boot", "switch_in", "release", "enumerate_vf", "search_end"]
)
def test_a_part_that_is_left_out_is_found(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """With a contract that leaves out any one thing that is touched, the footprint of that part is not proved."""
    contract = CONTRACTS[name]
    for left_out in contract.touches:
        fewer = tuple(touch for touch in contract.touches if touch is not left_out)
        monkeypatch.setitem(contracts.CONTRACTS, name, dataclasses.replace(contract, touches=fewer))
        assert not is_proved_soon(name, f"changes_in_{left_out.part}_are_rightful"), str(left_out)


#: What the reference leaves alone although a contract lets it be changed: it blanks a page when it goes into the pool.
IDLE = {("create_space", "memory")}


@pytest.mark.parametrize("name", CONTRACTS)
def test_no_touch_is_idle(reference: Induction, name: str) -> None:
    """Each part that a contract tells of is changed on some path."""
    _, paths = reference.paths(REFERENCE[name])
    done = [path.value for path in paths if path.outcome == "ok"]
    for touch in CONTRACTS[name].touches:
        changed = any(getattr(after, touch.part) is not getattr(reference.before, touch.part) for after in done)
        assert changed is ((name, touch.part) not in IDLE), touch.part


FALSE = Fact("never", lambda _s, _args, _after: False)


@pytest.mark.parametrize(
    ("name", "changes", "statement"),
    [
        ("pin", {"authority": FALSE}, "only_the_rightful_caller_succeeds"),
        ("pin", {"entitlement": always("anybody")}, "an_entitled_request_is_granted"),
        ("start_vm", {"entitlement": always("anybody")}, "an_entitled_request_is_granted"),
        ("pin", {"excuses": ()}, "an_entitled_request_is_granted"),
        ("release", {"excuses": ()}, "an_unreferenced_object_can_be_released"),
        ("release", {"excuses": (Excuse(Reason.NOT_FLUSHED, FALSE),)}, "an_unreferenced_object_can_be_released"),
        ("donate", {"does": (becomes(owner_of(arg("frame")), arg("caller")),)}, "an_operation_does_what_it_says"),
        ("reclaim", {"frame": None}, "only_the_frame_named_changes_hands"),
        ("donate", {"frame": CONTRACTS["reclaim"].frame}, "a_frame_changes_hands_only_by_its_owner_or_the_host"),
        ("transfer", {"frame": dataclasses.replace(CONTRACTS["transfer"].frame, keeps_content=False)}, "a_new_owner_finds_zero"),  # type: ignore[type-var]
        ("attach", {"function": CONTRACTS["drain_function"].function}, "a_function_changes_hands_only_by_the_host"),
        ("donate", {"stage": Lowers("frame", arg("frame"))}, "each_taking_lowers_a_stage"),
        ("fill_split", {"stage": Lowers("table", arg("child"))}, "no_taking_raises_the_stage_of_a_memory"),
        ("start_vm", {"touches": ()}, "changes_in_vm_are_rightful"),
        ("job_start", {"touches": ()}, "changes_in_job_are_rightful"),
        (
            "protect",
            {"touches": at("memory", slot_at(arg("space"), arg("page")), fields="rights")},
            "changes_in_memory_are_rightful",
        ),
        (
            "unmap",
            {"touches": at("memory", slot_at(arg("space"), arg("page"), arg("level")), fields="rights")},
            "changes_in_memory_are_rightful",
        ),
        ("take_handle", {"touches": anew("handle", arg("handle"), fields="live")}, "changes_in_handle_are_rightful"),
        ("drain_function", {"touches": those("request", "owner", arg("caller"))}, "changes_in_request_are_rightful"),
    ],
)
def test_a_wrong_contract_is_not_proved(
    monkeypatch: pytest.MonkeyPatch, name: str, changes: dict[str, Any], statement: str
) -> None:
    """The statements read the contracts: of a wrong one a statement is not proved, and of the right one it is."""
    assert is_proved_soon(name, statement)
    monkeypatch.setitem(contracts.CONTRACTS, name, dataclasses.replace(CONTRACTS[name], **changes))
    assert not is_proved_soon(name, statement)


def is_proved_soon(step: str, statement: str) -> bool:
    """Say whether a small effort proves a step of the reference against a statement."""
    forget()  # what other tests left must not steer the solver
    about = CATALOGUE.statements[statement]
    induction = Induction(Hypervisor(), [s for s in CATALOGUE.statements.values() if s.kind == "state"], [], Limits(), [about])
    given, paths = induction.paths(REFERENCE[step])
    return induction.proves_soon(REFERENCE[step], given, chosen(about, paths), about)


class Own(Hypervisor):
    """Has operations of its own, that nobody asks for."""

    @operation
    def nothing(self, s: MachineState, pin: Pin) -> MachineState:
        """Change nothing."""
        del pin
        return s

    @operation
    def steals(self, s: MachineState, frame: Frame, vm: Vm) -> MachineState:
        """Give a frame away."""
        return s.put("frame", frame, s.frame[frame].replace(owner=vm))


def verdict(policy: Hypervisor, step: str, statement: str) -> str:
    """Return what the prover says of one step of a policy against one statement."""
    states = [s for s in CATALOGUE.statements.values() if s.kind == "state"]
    about = CATALOGUE.statements[statement]
    transition = {t.name: t for t in steps(policy)}[step]
    found = Induction(policy, states, [], Limits(), [about]).step(transition, kinds=(about.kind,))
    return next(o.verdict for o in found if o.statement == statement)


@pytest.mark.parametrize(("step", "expected"), [("nothing", "framed"), ("steals", "cti")])
def test_an_operation_of_ones_own_without_a_caller_changes_ones_own_parts_alone(step: str, expected: str) -> None:
    """Nobody's right to ask is no right to change what is a VM's."""
    assert verdict(Own(), step, "changes_in_frame_are_rightful") == expected


def test_a_policys_operation_cannot_be_called_as_a_step_of_the_world(tmp_path: Path) -> None:
    """It would pass for hardware, which AUT-1 does not limit."""
    path = tmp_path / "p.py"
    path.write_text(
        "from pymodel import Hypervisor, MachineState, operation\n\n\n"
        "class P(Hypervisor):\n"
        "    @operation\n"
        "    def walk_evict(self, s: MachineState) -> MachineState:\n"
        "        return s\n",
        encoding="utf-8",
    )
    with pytest.raises(PolicyError, match="walk_evict is taken: a step of hardware, guests or devices"):
        load(f"{path}::P")


def test_explain_prints_a_decision(capsys: pytest.CaptureFixture[str]) -> None:
    """By its name or its contract's: what the reference answers, and what any answer must satisfy."""
    for name in ("is_flushed", "contract_flushed"):
        assert run(["explain", name]) == 0
        assert "implies(answer, all_of(inv.done, ticket >= since, covers_range(inv, tag, page, level)))" in capsys.readouterr().out


def test_explain_prints_a_contract(capsys: pytest.CaptureFixture[str]) -> None:
    """Each contract prints row by row, and a theorem that reads contracts says how to see one."""
    assert run(["explain", "donate"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "may ask the caller is the host" in said
    assert "then the owner of the frame is the VM" in said
    assert run(["explain", "AUT-1"]) == 0
    assert "`ringfence explain OPERATION`" in capsys.readouterr().out


def test_every_effect_is_seen_in_a_run() -> None:
    """In a run of the reference each operation does what its contract says; of the state before it, most do not yet say so."""
    from proofs.search.scenarios import SCENARIOS  # noqa: PLC0415 - slow to import, and of this test alone

    met, changed = set(), set()
    for _, platform, script in SCENARIOS:
        s: Any = PLATFORMS[platform]()
        for number, (name, raw) in enumerate(script):
            step = {**REFERENCE}.get(name) or {t.name: t for t in steps(Hypervisor())}[name]
            given = arguments(step, raw, number)
            after, refused = take(step, s, given)
            contract = CONTRACTS.get(name)
            if contract is not None and not refused and isinstance(contract.does, tuple):
                assert all(fact(s, given, after) for fact in contract.does), name
                met.add(name)
                changed |= set() if all(fact(s, given, s) for fact in contract.does) else {name}
            s = after
    assert met == set(CONTRACTS)
    assert met - changed <= {"scan_table", "assemble_on", "undo_unmap", "hypervisor_writes", "scrub", "settle", "protect"}


def test_truth_of_a_term_is_a_term() -> None:
    """A fact of a symbolic state is a formula, and no Python truth."""
    step = REFERENCE["donate"]
    induction = Induction(Hypervisor(), [], [], Limits())
    given, _ = induction.paths(step)
    contract = CONTRACTS["donate"]
    assert isinstance(contract.entitlement, Fact)
    assert truth_node(contract.entitlement(induction.before, given)).op != "const"
