"""SR-IOV: where the requester ids of virtual functions lie, whose they are, and when they exist."""

from __future__ import annotations

from typing import Any

from proofs.statements import Area, consequence, state, step
from pymodel.hardware.ids import NOBODY, Request, Rid, Vf, bus_of
from pymodel.hardware.iommu import RequestPhase
from pymodel.hypervisor.devices import FunctionPhase, SriovPhase
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.machine import MachineState

AREA = Area("sriov", promise=False)


def is_pf(s: MachineState, rid: Rid) -> bool:
    """Say whether a function exists in hardware of its own, not by virtue of another's VF Enable."""
    r = s.pcie[rid]
    return all_of(r.present, negate(r.virtual))


def is_behind_its_bridge(s: MachineState, pf: Rid, rid: Rid) -> bool:
    """Say whether a requester id lies inside the bus range of the bridge above a PF."""
    facts = s.platform.function[pf]
    return all_of(facts.secondary <= bus_of(rid), bus_of(rid) <= facts.subordinate)


@state
def a_pf_keeps_to_its_registers(s: MachineState, pf: Rid) -> bool:
    """No more VFs exist than NumVFs and TotalVFs say, all that NumVFs asks for once VF Enable is set, and none while it is off."""
    p, r, facts = s.pf[pf], s.sriov[pf], s.platform.function[pf]
    return all_of(
        implies(p.phase != SriovPhase.OFF, r.num_vfs <= facts.total_vfs),
        p.cursor <= r.num_vfs,
        implies(p.phase == SriovPhase.OFF, p.cursor == 0),
        implies(p.phase == SriovPhase.ENUMERATING, p.cursor < r.num_vfs),
        implies(p.phase == SriovPhase.ENABLED, p.cursor == r.num_vfs),
        implies(p.phase == SriovPhase.REMOVING, p.cursor != 0),
        implies(any_of(p.phase != SriovPhase.OFF, r.num_vfs != 0, r.ari), facts.capable),
    )


@state
def no_more_vfs_are_asked_for_than_there_are(s: MachineState, pf: Rid) -> bool:
    """Lemma: NumVFs is at most TotalVFs, VF Enable set or not."""
    return s.sriov[pf].num_vfs <= s.platform.function[pf].total_vfs


@state
def a_pf_is_no_vf(s: MachineState, pf: Rid) -> bool:
    """A function with the SR-IOV capability is present and no VF itself; whatever is no VF is a function that the platform has."""
    facts = s.platform.function[pf]
    return all_of(implies(facts.capable, is_pf(s, pf)), implies(is_pf(s, pf), facts.exists))


@state
def a_vf_answers_to_its_requester_id(s: MachineState, pf: Rid, i: Vf) -> bool:
    """The function at the requester id of VF i of a PF is present, and is VF i of that PF."""
    r = s.pcie[s.vf[pf, i].rid]
    return implies(i < s.pf[pf].cursor, all_of(r.present, r.virtual, r.pf == pf, r.index == i))


@state
def a_virtual_function_is_one_of_its_pfs(s: MachineState, d: Rid) -> bool:
    """A VF is listed by its PF, so none is left when VF Enable is clear."""
    r = s.pcie[d]
    return implies(r.virtual, all_of(r.present, r.index < s.pf[r.pf].cursor, s.vf[r.pf, r.index].rid == d))


@consequence
def requester_ids_are_pairwise_different(s: MachineState, pf: Rid, i: Vf, other: Rid, j: Vf) -> bool:
    """The requester id of a VF is that of no other VF, of its PF's or another's, and of no physical function."""
    rid = s.vf[pf, i].rid
    same = all_of(j < s.pf[other].cursor, s.vf[other, j].rid == rid)
    return implies(
        i < s.pf[pf].cursor,
        all_of(
            rid != pf,
            implies(is_pf(s, other), rid != other),
            implies(same, all_of(pf == other, i == j)),
        ),
    )


@state
def requester_ids_are_inside_the_bus_range(s: MachineState, pf: Rid, i: Vf) -> bool:
    """The requester id of a VF lies inside its bridge's bus range; without ARI, off the PF's bus or under its device number."""
    rid = s.vf[pf, i].rid
    elsewhere = any_of(bus_of(rid) < bus_of(pf), bus_of(rid) > bus_of(pf))
    return implies(
        i < s.pf[pf].cursor,
        all_of(is_behind_its_bridge(s, pf, rid), any_of(s.sriov[pf].ari, elsewhere, (rid & 0xF8) == (pf & 0xF8))),
    )


@state
def a_vf_is_a_stride_behind_the_one_before(s: MachineState, pf: Rid, i: Vf) -> bool:
    """Lemma: VF 0 is an offset behind its PF, VF i + 1 a stride behind VF i, and neither sum leaves 16 bits."""
    p, r, rid, after = s.pf[pf], s.sriov[pf], s.vf[pf, i].rid, s.vf[pf, i + 1].rid
    return all_of(
        implies(all_of(i == 0, i < p.cursor), all_of(rid == pf + r.offset, rid > pf)),
        implies(all_of(i + 1 < p.cursor, i + 1 != 0), all_of(after == rid + r.stride, after > rid)),
    )


@state
def an_idle_vf_has_no_request(s: MachineState, r: Request) -> bool:
    """A VF that was never given to anybody since it came up has no request in flight."""
    x = s.request[r]
    idle = all_of(s.pcie[x.rid].virtual, s.function[x.rid].phase == FunctionPhase.IDLE)
    return implies(x.phase != RequestPhase.NONE, negate(idle))


@state
def an_owned_vf_has_vf_enable(s: MachineState, d: Rid) -> bool:
    """A VF is given away only under VF Enable, which stays set until it is taken back; before that it does not master."""
    f, r = s.function[d], s.pcie[d]
    p = s.pf[r.pf]
    return implies(
        r.virtual,
        all_of(
            implies(f.owner != NOBODY, any_of(p.phase == SriovPhase.ENABLED, p.phase == SriovPhase.REMOVING)),
            implies(f.phase == FunctionPhase.IDLE, negate(r.master)),
        ),
    )


@step
def registers_change_only_while_vf_enable_is_clear(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, d: Rid
) -> bool:
    """NumVFs, ARI, offset and stride change only while a PF has no VFs."""
    del name, args
    return any_of(s.pf[d].phase == SriovPhase.OFF, s.sriov[d] == after.sriov[d])
