"""Every statement about SR-IOV is proved of the reference, and a change of the model breaks it."""

from __future__ import annotations

import inspect
import sys
import textwrap
from contextlib import suppress
from typing import Any

import pytest

from proofs.engine.induction import Induction, Limits
from proofs.engine.query import FIRST
from proofs.policies.policy_statements import consequences, statements_of
from proofs.search.concrete import Checker
from proofs.search.scenarios import Script
from proofs.theorems import CATALOGUE
from proofs.theorems.invariants import boot
from pymodel.hardware.ids import Rid
from pymodel.hardware.pcie import set_bus_master
from pymodel.hypervisor.devices import DeviceOperations
from pymodel.hypervisor.sriov import Sriov
from pymodel.language.outcomes import Refused
from pymodel.machine import Hypervisor, MachineState, steps
from tests.kept import kept
from tests.pymodel.hypervisor.test_sriov import HOST, OPERATIONS, PF, bring_up, given_away, play
from tests.tiers import sampled

LIMITS = Limits(60_000_000)


@pytest.fixture
@kept
def induction() -> Induction:
    """Return the induction of the reference, prepared once."""
    policy = Hypervisor()
    states, about_steps, _ = statements_of(policy)
    return Induction(policy, states, [], LIMITS, about_steps, consequences())


@pytest.mark.parametrize("operation", [*OPERATIONS, "reset_function", "attach", "drain_function"])
def test_statements_about_vfs_are_proved(induction: Induction, operation: str) -> None:
    """Each statement of this area is kept by each operation that touches PFs and VFs, from any state at full width."""
    transition = {t.name: t for t in steps(induction.policy)}[operation]
    arguments, paths = induction.paths(transition)
    done = [p for p in paths if p.outcome == "ok"]
    mine = [s for s in CATALOGUE.statements.values() if s.area.name == "sriov"]
    found = [induction.obligation(transition, arguments, done, s) for s in mine]
    assert [(o.statement, o.verdict) for o in found if o.verdict not in ("proved", "framed")] == []


def test_power_on_satisfies_the_statements_about_vfs(induction: Induction) -> None:
    """Every machine that satisfies the facts about power-on satisfies the statements of this area."""
    mine = {s.name for s in CATALOGUE.statements.values() if s.area.name == "sriov"}
    assert {o.verdict for o in induction.boot(CATALOGUE.at_power_on(), boot.ARBITRARY) if o.statement in mine} == {"proved"}
    assert {o.verdict for o in induction.consequences() if o.statement in mine} == {"proved"}


def mutant(cls: type, name: str, old: str, new: str) -> Hypervisor:
    """Return the reference with one change to the text of one operation."""
    text = textwrap.dedent(inspect.getsource(vars(cls)[name]))
    assert text.count(old) == 1, (name, old)
    code = compile(text.replace(old, new), sys.modules[cls.__module__].__file__ or name, "exec")
    scope = {**vars(sys.modules[cls.__module__]), "MASTERING": set_bus_master}
    exec(code, scope)  # noqa: S102 - the model's own text with one change
    return type("Mutant", (Hypervisor,), {name: scope[name]})()  # type: ignore[no-any-return]


DISABLED: Script = [("disable_vfs", {"caller": HOST, "pf": PF})]


REMOVED: Script = [("remove_vf", {"caller": HOST, "pf": PF})]


#: How a VF comes up.
UP = "bring_vf_up(s, rid, pf, p.cursor)"
#: What is changed, the statement that breaks, and the run from boot that breaks it.
MUTANTS = {
    "more than TotalVFs": (
        (Sriov, "set_num_vfs", "number <= facts.total_vfs", "True"),
        "no_more_vfs_are_asked_for_than_there_are",
        bring_up(513, 1, 1)[:3],
    ),
    "NumVFs while VFs exist": (
        (Sriov, "set_num_vfs", ", s.pf[pf].phase == SriovPhase.OFF", ""),
        "a_pf_keeps_to_its_registers",
        [*bring_up(2, 1, 1), *bring_up(1, 1, 1)[2:3]],
    ),
    "other offset and stride while VFs exist": (
        (Sriov, "set_ari", ", s.pf[pf].phase == SriovPhase.OFF", ""),
        "registers_change_only_while_vf_enable_is_clear",
        [*bring_up(2, 1, 1), *bring_up(1, 3, 2)[1:2]],
    ),
    "carry not checked": (
        (Sriov, "enumerate_vf", "negate(base.add_overflows(step))", "True"),
        "a_vf_is_a_stride_behind_the_one_before",
        bring_up(2, 0x1FF, 0xFE02),
    ),
    "already present not checked, no stride": (
        (Sriov, "enumerate_vf", "negate(s.pcie[rid].present)", "True"),
        "requester_ids_are_pairwise_different",
        bring_up(2, 1, 0),
    ),
    "already present not checked, two VFs under one id": (
        (Sriov, "enumerate_vf", "negate(s.pcie[rid].present)", "True"),
        "a_vf_answers_to_its_requester_id",
        bring_up(2, 1, 0),
    ),
    "already present not checked, no offset": (
        (Sriov, "enumerate_vf", "negate(s.pcie[rid].present)", "True"),
        "a_pf_is_no_vf",
        bring_up(1, 0, 0),
    ),
    "last bus not checked": (
        (Sriov, "enumerate_vf", ", bus_of(rid) <= facts.subordinate", ""),
        "requester_ids_are_inside_the_bus_range",
        bring_up(1, 0x200, 0, pf=0x100),
    ),
    "ARI rule not checked": (
        (Sriov, "is_addressable", "r.ari, ", "True, r.ari, "),
        "requester_ids_are_inside_the_bus_range",
        bring_up(1, 8, 0),
    ),
    "stride in place of offset": (
        (Sriov, "enumerate_vf", "choose(first, r.offset, r.stride)", "r.stride"),
        "a_vf_is_a_stride_behind_the_one_before",
        bring_up(1, 2, 1),
    ),
    "VF Enable one VF early": (
        (Sriov, "enumerate_vf", "entered == r.num_vfs", "entered + 1 >= r.num_vfs"),
        "a_pf_keeps_to_its_registers",
        bring_up(2, 1, 1, entered=1),
    ),
    "removal leaves a VF present": (
        (Sriov, "remove_vf", "take_vf_down(s, rid)", "s"),
        "a_virtual_function_is_one_of_its_pfs",
        [*bring_up(1, 1, 0), *DISABLED, *REMOVED],
    ),
    "disabling forgets the VFs": (
        (Sriov, "disable_vfs", "p.replace(phase=begun)", "p.replace(phase=SriovPhase.OFF, cursor=Vf(0))"),
        "a_virtual_function_is_one_of_its_pfs",
        [*bring_up(1, 1, 0), *DISABLED],
    ),
    "removal ends early": (
        (Sriov, "remove_vf", "last == 0", "True"),
        "a_pf_keeps_to_its_registers",
        [*bring_up(2, 1, 1), *DISABLED, *REMOVED],
    ),
    "an owned VF is removed": (
        (Sriov, "remove_vf", "any_of(f.phase == FunctionPhase.IDLE, f.phase == FunctionPhase.CLEAN)", "True"),
        "a_context_blocks_or_is_the_owners",
        [*given_away(), *DISABLED, *REMOVED],
    ),
    "a VF is given away too early": (
        (DeviceOperations, "attach", "any_of(negate(r.virtual), s.pf[r.pf].phase == SriovPhase.ENABLED)", "True"),
        "an_owned_vf_has_vf_enable",
        given_away(entered=1),
    ),
    "a VF comes up mastering": (
        (Sriov, "enumerate_vf", UP, f"MASTERING({UP}, rid, True)"),
        "an_owned_vf_has_vf_enable",
        bring_up(1, 1, 0),
    ),
    "a PF with VFs is reset": (
        (DeviceOperations, "reset_function", "s.pf[rid].phase == SriovPhase.OFF", "True"),
        "an_operation_does_what_it_says",
        [*bring_up(1, 1, 0), ("reset_function", {"caller": HOST, "rid": PF})],
    ),
}


@pytest.mark.parametrize("name", sampled(MUTANTS))
def test_a_fault_breaks_a_statement(name: str) -> None:
    """A faulty operation is found by a run from boot, which the reference refuses or survives, and the prover does not prove it."""
    change, broken, script = MUTANTS[name]
    policy = mutant(*change)
    platform = "large" if any(args.get("pf") in (0x100, 0xF00) for _, args in script) else "small"
    statement = CATALOGUE.statements[broken]
    assert holds(statement, script, platform, policy) is False
    with suppress(Refused):
        assert holds(statement, script, platform, Hypervisor())
    assert verdict_of(policy, broken, script[-1][0]) in ("cti", "unknown")


def holds(statement: Any, script: Script, platform: str, policy: Hypervisor) -> bool:
    """Say whether a statement holds of the last step of a run and of the state where it ends."""
    states = play(script, platform, policy)
    if statement.of_one_state:
        return not Checker([statement], MachineState).broken(states[-1])
    name, numbers = script[-1]
    typed = {n: t(numbers[n]) for n, t in {k.name: k for k in steps(policy)}[name].params.items()}
    keys = [(Rid(PF),)] if statement.params else [()]
    return all(statement.function(states[-2], name, typed, states[-1], *k) for k in keys)


def verdict_of(policy: Hypervisor, statement: str, operation: str) -> str:
    """Return what the prover says of one operation against one statement."""
    states, about_steps, _ = statements_of(policy)
    induction = Induction(policy, states, [], LIMITS, about_steps, consequences())
    transition = {t.name: t for t in steps(policy)}[operation]
    arguments, paths = induction.paths(transition)
    done = [p for p in paths if p.outcome == "ok"]
    return induction.obligation(transition, arguments, done, CATALOGUE.statements[statement], FIRST).verdict


def test_a_mastering_vf_has_a_request_while_idle() -> None:
    """The twin of `an_idle_vf_has_no_request`: a VF that came up mastering issues one that its removal would leave behind."""
    policy = mutant(Sriov, "enumerate_vf", UP, f"MASTERING({UP}, rid, True)")
    issue = ("dma_issue", {"request": 1, "rid": PF + 1, "page": 0, "write": 1})
    script = [*bring_up(1, 1, 0), issue]
    assert holds(CATALOGUE.statements["an_idle_vf_has_no_request"], script, "small", policy) is False
    with pytest.raises(Refused):
        play(script)


def test_every_statement_of_the_area_has_a_mutant() -> None:
    """Each statement about SR-IOV is broken by a change here."""
    mine = {s.name for s in CATALOGUE.statements.values() if s.area.name == "sriov"}
    assert mine - {"an_idle_vf_has_no_request"} <= {broken for _, broken, _ in MUTANTS.values()}
