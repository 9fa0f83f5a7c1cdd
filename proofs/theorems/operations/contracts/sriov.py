"""Contracts of VFs, which the host brings up and takes away."""

from __future__ import annotations

from typing import Any

from proofs.theorems.operations.contract import (
    NOTHING_TAKEN_DOWN,
    Contract,
    Lowers,
    anew,
    at,
)
from proofs.theorems.operations.stages import NOTHING, Stage, StageOf, flag
from proofs.theorems.operations.terms.core import arg, becomes, both, is_, nobody, plus, turns
from proofs.theorems.operations.terms.devices import (
    at_most,
    can_have_vfs,
    function_phase,
    has_ari,
    iommu_is_on,
    is_present,
    last_vf,
    next_rid,
    next_vf,
    number_of_vfs,
    owner_of_function,
    vf_can_be_entered,
    vf_offset,
    vf_phase,
    vf_rid,
    vf_stride,
    vfs_entered,
    vfs_possible,
)
from proofs.theorems.operations.terms.vms import is_host
from pymodel.hypervisor.devices import FunctionPhase, SriovPhase
from pymodel.hypervisor.ids import Count
from pymodel.language.truth import any_of
from pymodel.language.words import choose
from pymodel.machine import MachineState

PF = arg("pf")
PHASE, ENTERED, LAST = vf_phase(PF), vfs_entered(PF), last_vf(PF)
#: The registers of a PF that can have VFs and has none.
IDLE = both(iommu_is_on(), can_have_vfs(PF), is_(PHASE, SriovPhase.OFF))


def pf_stage(s: MachineState, pf: Any) -> Stage:
    """Return the stage of a PF: with VFs, or losing one after the other."""
    p = s.pf[pf]
    up = any_of(p.phase == SriovPhase.ENUMERATING, p.phase == SriovPhase.ENABLED)
    removing = p.phase == SriovPhase.REMOVING
    return choose(up, Count(2), flag(removing)), choose(removing, p.cursor.to(Count), NOTHING)


STAGES: dict[str, StageOf] = {"pf": pf_stage}

CONTRACTS = (
    Contract(
        "set_num_vfs",
        authority=is_host(),
        entitlement=both(is_host(), IDLE, at_most(arg("number"), vfs_possible(PF))),
        excuses=(),
        does=(
            becomes(number_of_vfs(PF), arg("number")),
            becomes(vf_offset(PF), arg("offset")),
            becomes(vf_stride(PF), arg("stride")),
        ),
        touches=at("sriov", PF, fields="num_vfs offset stride"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "set_ari",
        authority=is_host(),
        entitlement=both(is_host(), IDLE),
        excuses=(),
        does=(
            becomes(has_ari(PF), arg("on")),
            becomes(vf_offset(PF), arg("offset")),
            becomes(vf_stride(PF), arg("stride")),
        ),
        touches=at("sriov", PF, fields="ari offset stride"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "enable_vfs",
        authority=is_host(),
        entitlement=both(is_host(), IDLE, at_most(number_of_vfs(PF), vfs_possible(PF))),
        excuses=(),
        does=(turns(PHASE, (SriovPhase.OFF, SriovPhase.ENABLED), (SriovPhase.OFF, SriovPhase.ENUMERATING)),),
        touches=at("pf", PF, fields="phase"),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "enumerate_vf",
        authority=is_host(),
        entitlement=both(is_host(), is_(PHASE, SriovPhase.ENUMERATING), vf_can_be_entered(PF)),
        excuses=(),
        does=(
            turns(PHASE, (SriovPhase.ENUMERATING, SriovPhase.ENUMERATING), (SriovPhase.ENUMERATING, SriovPhase.ENABLED)),
            becomes(ENTERED, plus(ENTERED, 1)),
            becomes(vf_rid(next_vf(PF)), next_rid(PF)),
            becomes(is_present(next_rid(PF)), True),
            becomes(function_phase(next_rid(PF)), FunctionPhase.IDLE),
            becomes(owner_of_function(next_rid(PF)), nobody()),
        ),
        touches=(
            *at("pf", PF),
            *at("vf", next_vf(PF)),
            *anew("pcie", next_rid(PF), fields="present virtual pf index"),
            *anew("function", next_rid(PF)),
        ),
        stage=NOTHING_TAKEN_DOWN,
    ),
    Contract(
        "disable_vfs",
        authority=is_host(),
        entitlement=both(is_host(), is_(PHASE, SriovPhase.ENUMERATING, SriovPhase.ENABLED)),
        excuses=(),
        does=(
            is_(PHASE, SriovPhase.ENUMERATING, SriovPhase.ENABLED),
            becomes(PHASE, SriovPhase.OFF, SriovPhase.REMOVING),
        ),
        touches=at("pf", PF, fields="phase"),
        stage=Lowers("pf", PF),
    ),
    Contract(
        "remove_vf",
        authority=is_host(),
        entitlement=both(
            is_host(), is_(PHASE, SriovPhase.REMOVING), is_(function_phase(vf_rid(LAST)), FunctionPhase.IDLE, FunctionPhase.CLEAN)
        ),
        excuses=(),
        does=(
            turns(PHASE, (SriovPhase.REMOVING, SriovPhase.REMOVING), (SriovPhase.REMOVING, SriovPhase.OFF)),
            becomes(ENTERED, plus(ENTERED, -1)),
            becomes(is_present(vf_rid(LAST)), False),
        ),
        touches=(*at("pf", PF), *anew("vf", LAST), *anew("pcie", vf_rid(LAST)), *anew("function", vf_rid(LAST))),
        stage=Lowers("pf", PF),
    ),
)
