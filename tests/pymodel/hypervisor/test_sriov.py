"""The operations of SR-IOV: which requester ids are accepted, what becomes of VFs, and what is refused."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.search.scenarios import SCENARIOS, Script
from proofs.search.scenarios.runs.parts import IO_A, A
from pymodel.hardware.ids import Rid, Vf
from pymodel.hardware.pcie import FunctionRegisters
from pymodel.hypervisor.devices import FunctionRecord, SriovPhase
from pymodel.language.outcomes import Reason, Refused
from pymodel.language.state import State
from pymodel.language.steps import Transition
from pymodel.machine import Hypervisor, steps
from pymodel.platforms import PLATFORMS

HOST = 2
PF = 0xFE00
OPERATIONS = ("set_num_vfs", "set_ari", "enable_vfs", "enumerate_vf", "disable_vfs", "remove_vf")


@cache
def of_reference() -> dict[str, Transition]:
    """Return the steps of the reference."""
    return {t.name: t for t in steps(Hypervisor())}


@cache
def powered_on(platform: str) -> State:
    """Return a machine at power-on."""
    return PLATFORMS[platform]()


def play(script: Script, platform: str = "small", policy: Hypervisor | None = None) -> list[Any]:
    """Return the states that a run from power-on goes through, the last one being after its last step."""
    known = of_reference() if policy is None else {t.name: t for t in steps(policy)}
    states: list[Any] = [powered_on(platform)]
    for name, numbers in script:
        types: dict[str, Any] = dict(known[name].params)
        typed = {n: bool(numbers[n]) if t is bool else t(numbers[n]) for n, t in types.items()}
        states.append(known[name](states[-1], **typed))
    return states


def bring_up(count: int, offset: int, stride: int, *, ari: int = 0, pf: int = PF, entered: int | None = None) -> Script:
    """Return the run that brings up some VFs of a PF (or only enters the first of them)."""
    answer = {"offset": offset, "stride": stride}
    begin: Script = [
        ("boot", {}),
        ("set_ari", {"caller": HOST, "pf": pf, "on": ari, **answer}),
        ("set_num_vfs", {"caller": HOST, "pf": pf, "number": count, **answer}),
        ("enable_vfs", {"caller": HOST, "pf": pf}),
    ]
    one = ("enumerate_vf", {"caller": HOST, "pf": pf})
    return begin + [one] * (count if entered is None else entered)


def rids(state: Any, pf: int = PF) -> list[int]:
    """Return the requester ids of a PF's VFs, in order."""
    return [state.vf[Rid(pf), Vf(i)].rid.raw for i in range(state.pf[Rid(pf)].cursor.raw)]


def outcome(script: Script, platform: str = "small") -> Reason | list[int]:
    """Return the requester ids that a run ends with, or why it was refused."""
    try:
        return rids(play(script, platform)[-1])
    except Refused as refused:
        return refused.reason


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(bring_up(1, 0x1FF, 0), [0xFFFF], id="the last requester id there is"),
        pytest.param(bring_up(2, 0x1FE, 1), [0xFFFE, 0xFFFF], id="up to the last one"),
        pytest.param(bring_up(2, 0x1FF, 1), Reason.OUT_OF_RANGE, id="one more wraps"),
        pytest.param(bring_up(2, 0x1FF, 0xFE02), Reason.OUT_OF_RANGE, id="wraps into the bus range"),
        pytest.param(bring_up(1, 0x200, 0), Reason.OUT_OF_RANGE, id="the offset wraps"),
        pytest.param(bring_up(1, 0xFFFF, 0), Reason.OUT_OF_RANGE, id="an offset back to the id before the PF"),
        pytest.param(bring_up(0, 0xFFFF, 0xFFFF), [], id="neither counts for none"),
        pytest.param(bring_up(1, 0x100, 0xFFFF), [0xFF00], id="the stride does not count for one"),
        pytest.param(bring_up(2, 0x100, 0), Reason.OCCUPIED, id="no stride"),
        pytest.param(bring_up(1, 0, 1), Reason.OCCUPIED, id="no offset"),
        pytest.param(bring_up(1, 7, 0), [0xFE07], id="the last function of the PF's device"),
        pytest.param(bring_up(1, 8, 0), Reason.OUT_OF_RANGE, id="another device on the PF's bus"),
        pytest.param(bring_up(1, 8, 0, ari=1), [0xFE08], id="the same with ARI"),
        pytest.param(bring_up(1, 0x108, 0), [0xFF08], id="another device on another bus"),
        pytest.param(bring_up(513, 0x100, 1), Reason.OUT_OF_RANGE, id="more than TotalVFs"),
    ],
)
def test_requester_ids_at_the_edges(script: Script, expected: Reason | list[int]) -> None:
    """The ids are worked out without wrapping, behind the bridge, under the ARI rule; anything else is refused."""
    assert outcome(script) == expected


def test_no_vf_takes_the_id_of_another_function() -> None:
    """A VF of one PF does not get the id of a VF of another PF, nor that of another PF."""
    first = bring_up(2, 2, 2, pf=0x100)
    assert rids(play(first, "large")[-1], 0x100) == [0x102, 0x104]
    for offset in (1, 3):
        with pytest.raises(Refused) as refused:
            play(first + bring_up(1, offset, 0, pf=0x101)[1:], "large")
        assert refused.value.reason == Reason.OCCUPIED
    onto_the_other_pf = bring_up(1, 1, 0, pf=0x100)
    with pytest.raises(Refused) as refused:
        play(onto_the_other_pf, "large")
    assert refused.value.reason == Reason.OCCUPIED


def accepted(pf: int, count: int, offset: int, stride: int, ari: bool) -> list[int] | None:
    """Return the ids by the product, on whole numbers, if they are all right."""
    ids = [pf + offset + i * stride for i in range(count)]
    on_own_bus = [r for r in ids if r >> 8 == pf >> 8 and r >> 3 != pf >> 3]
    taken = len({*ids, pf}) != count + 1
    return None if taken or any(not 0xFE00 <= r <= 0xFFFF for r in ids) or (on_own_bus and not ari) else ids


WORDS = st.one_of(st.integers(0, 0xFFFF), st.integers(0, 0x10), st.sampled_from([0xFF, 0x100, 0x1FE, 0x1FF, 0x200, 0xFE00, 0xFFFF]))


@settings(max_examples=300, deadline=None)
@given(count=st.integers(0, 6), offset=WORDS, stride=WORDS, ari=st.booleans())
def test_enumeration_agrees_with_the_product(count: int, offset: int, stride: int, ari: bool) -> None:
    """Adding a stride at a time accepts, and gives, exactly what PF + offset + i x stride does on whole numbers."""
    found = outcome(bring_up(count, offset, stride, ari=int(ari)))
    assert (found if isinstance(found, list) else None) == accepted(PF, count, offset, stride, ari)


def test_a_vf_comes_up_silent_and_goes_without_a_trace() -> None:
    """A VF is entered idle, nobody's, not mastering; when all are removed the machine is as before, but for NumVFs."""
    up = bring_up(2, 0x1FE, 1)
    down: Script = [("disable_vfs", {"caller": HOST, "pf": PF})] + [("remove_vf", {"caller": HOST, "pf": PF})] * 2
    states = play(up + down)
    entered = FunctionRegisters(present=True, virtual=True, pf=Rid(PF), index=Vf(1))
    assert states[len(up)].pcie[Rid(0xFFFF)] == entered
    assert [s.pf[Rid(PF)].phase for s in states[len(up) :]] == [
        SriovPhase.ENABLED,
        SriovPhase.REMOVING,
        SriovPhase.REMOVING,
        SriovPhase.OFF,
    ]
    assert states[-1] == states[3]


def given_away(entered: int = 2) -> Script:
    """Return the run in which the last VF entered was reset, drained and given to a VM (with VF Enable set or not)."""
    virtual = next(script for name, _, script in SCENARIOS if name == "virtual functions")
    until = next(n for n, (step, _) in enumerate(virtual) if step == "set_ari")
    up = bring_up(2, 0x1FE, 1, entered=entered)[1:]
    rid = 0xFFFD + entered
    args = {"caller": HOST, "rid": rid}
    return [
        *virtual[:until],
        *up,
        ("reset_function", args),
        ("drain_function", args),
        ("attach", {**args, "vm": A, "space": IO_A}),
    ]


def test_a_vf_that_somebody_owns_is_not_removed() -> None:
    """Removal stops at an owned VF, and goes on when it was taken back, reset and drained."""
    removal: Script = [("disable_vfs", {"caller": HOST, "pf": PF})]
    with pytest.raises(Refused) as refused:
        play([*given_away(), *removal, ("remove_vf", {"caller": HOST, "pf": PF})])
    assert refused.value.reason == Reason.IN_USE
    args = {"caller": HOST, "rid": 0xFFFF}
    ticket = 6
    back: Script = [
        ("detach", args),
        ("invalidate_function", {"rid": 0xFFFF}),
        ("complete", {"ticket": ticket}),
        ("finish_detach", {**args, "ticket": ticket}),
        ("reset_function", args),
        ("drain_function", args),
    ]
    gone = [("remove_vf", {"caller": HOST, "pf": PF})] * 2
    state = play([*given_away(), *removal, *back, *gone])[-1]
    assert state.pf[Rid(PF)].phase == SriovPhase.OFF
    assert state.function[Rid(0xFFFF)] == FunctionRecord()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param(given_away(entered=1), Reason.WRONG_STATE, id="attach before VF Enable"),
        pytest.param(
            [*bring_up(1, 1, 0), ("reset_function", {"caller": HOST, "rid": PF})], Reason.IN_USE, id="reset a PF that has VFs"
        ),
        pytest.param([*bring_up(1, 1, 0), *bring_up(1, 1, 0)[2:3]], Reason.WRONG_STATE, id="NumVFs while VF Enable is set"),
        pytest.param([*bring_up(1, 1, 0), *bring_up(1, 1, 0)[1:2]], Reason.WRONG_STATE, id="ARI while VF Enable is set"),
        pytest.param(bring_up(1, 1, 0, pf=0x10), Reason.WRONG_STATE, id="no SR-IOV capability"),
        pytest.param(bring_up(1, 1, 0)[1:], Reason.WRONG_STATE, id="before the IOMMU is on"),
        pytest.param([("boot", {}), ("enable_vfs", {"caller": 3, "pf": PF})], Reason.NOT_ALLOWED, id="a guest enables VFs"),
        pytest.param([*bring_up(1, 1, 0), ("remove_vf", {"caller": HOST, "pf": PF})], Reason.WRONG_STATE, id="not disabled"),
    ],
)
def test_what_is_refused(script: Script, reason: Reason) -> None:
    """Operations out of order, or by another than the host, are refused."""
    assert outcome(script) == reason


def test_a_reset_pf_forgets_its_registers() -> None:
    """A PF without VFs can be reset; NumVFs, ARI, offset and stride are then those of power-on, and TotalVFs is kept."""
    state = play([*bring_up(1, 1, 0, ari=1)[:3], ("reset_function", {"caller": HOST, "rid": PF})])[-1]
    assert state.sriov[Rid(PF)] == PLATFORMS["small"]().sriov[Rid(PF)]  # type: ignore[attr-defined]
    assert state.platform.function[Rid(PF)].total_vfs == Vf(512)


def test_each_operation_succeeds_in_a_scenario() -> None:
    """Nothing here is safe by being refused always."""
    assert set(OPERATIONS) <= {step for _, _, script in SCENARIOS for step, _ in script}


def test_the_last_requester_id_is_in_a_scenario() -> None:
    """The edge is a run from boot: a VF with the last requester id has a request in flight."""
    state = play(next(script for name, _, script in SCENARIOS if name == "virtual functions"))[-1]
    assert rids(state) == [0xFFFE, 0xFFFF]
    assert {r.rid.raw for _, r in state.request.items()} == {0xFFFF}
