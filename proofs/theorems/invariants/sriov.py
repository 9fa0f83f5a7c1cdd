"""SR-IOV: where the requester ids of virtual functions lie, whose they are, and when they exist."""

from __future__ import annotations

from typing import Any

from proofs.statements import Area, consequence, state, step
from pymodel.hardware.ids import NOBODY, Request, Rid, Vf, bus_of
from pymodel.hardware.machine import FunctionPhase, FunctionRecord, MachineState, RequestPhase, SriovPhase, SriovRecord
from pymodel.language.words import all_of, any_of, implies, negate

AREA = Area("sriov", promise=False)


def is_pf(f: FunctionRecord) -> bool:
    """Say whether a function exists in hardware of its own, not by virtue of another's VF Enable."""
    return all_of(f.present, negate(f.virtual))


def is_behind_its_bridge(p: SriovRecord, rid: Rid) -> bool:
    """Say whether a requester id lies inside the bus range of the bridge above a PF."""
    return all_of(p.secondary <= bus_of(rid), bus_of(rid) <= p.subordinate)


@state
def a_pf_keeps_to_its_registers(s: MachineState, pf: Rid) -> bool:
    """NumVFs is at most TotalVFs, no more VFs exist than NumVFs, all of them once VF Enable is set, and none while it is off."""
    p = s.sriov[pf]
    return all_of(
        p.num_vfs <= p.total_vfs,
        p.cursor <= p.num_vfs,
        implies(p.phase == SriovPhase.OFF, p.cursor == 0),
        implies(p.phase == SriovPhase.ENUMERATING, p.cursor < p.num_vfs),
        implies(p.phase == SriovPhase.ENABLED, p.cursor == p.num_vfs),
        implies(p.phase == SriovPhase.REMOVING, p.cursor != 0),
        implies(any_of(p.phase != SriovPhase.OFF, p.num_vfs != 0, p.ari), p.capable),
    )


@state
def a_pf_is_no_vf(s: MachineState, pf: Rid) -> bool:
    """A function with the SR-IOV capability is present, no VF itself, and inside its bridge's bus range."""
    p = s.sriov[pf]
    return implies(p.capable, all_of(is_pf(s.function[pf]), is_behind_its_bridge(p, pf)))


@state
def a_vf_answers_to_its_requester_id(s: MachineState, pf: Rid, i: Vf) -> bool:
    """The function at the requester id of VF i of a PF is present, and is VF i of that PF."""
    f = s.function[s.vf[pf, i].rid]
    return implies(i < s.sriov[pf].cursor, all_of(f.present, f.virtual, f.pf == pf, f.index == i))


@state
def a_virtual_function_is_one_of_its_pfs(s: MachineState, d: Rid) -> bool:
    """A VF is listed by its PF, so none is left when VF Enable is clear; it has its PF's address width and reserved regions."""
    f = s.function[d]
    listed = all_of(f.present, f.index < s.sriov[f.pf].cursor, s.vf[f.pf, f.index].rid == d)
    pf = s.function[f.pf]
    return implies(f.virtual, all_of(listed, f.width == pf.width, f.layout == pf.layout))


@consequence
def requester_ids_are_pairwise_different(s: MachineState, pf: Rid, i: Vf, other: Rid, j: Vf) -> bool:
    """The requester id of a VF is that of no other VF, of its PF's or another's, and of no physical function."""
    rid = s.vf[pf, i].rid
    same = all_of(j < s.sriov[other].cursor, s.vf[other, j].rid == rid)
    return implies(
        i < s.sriov[pf].cursor,
        all_of(
            rid != pf,
            implies(is_pf(s.function[other]), rid != other),
            implies(same, all_of(pf == other, i == j)),
        ),
    )


@state
def requester_ids_are_inside_the_bus_range(s: MachineState, pf: Rid, i: Vf) -> bool:
    """The requester id of a VF lies inside its bridge's bus range; without ARI, off the PF's bus or under its device number."""
    p, rid = s.sriov[pf], s.vf[pf, i].rid
    elsewhere = any_of(bus_of(rid) < bus_of(pf), bus_of(rid) > bus_of(pf))
    return implies(
        i < p.cursor,
        all_of(is_behind_its_bridge(p, rid), any_of(p.ari, elsewhere, (rid & 0xF8) == (pf & 0xF8))),
    )


@state
def a_vf_is_a_stride_behind_the_one_before(s: MachineState, pf: Rid, i: Vf) -> bool:
    """Lemma: VF 0 is an offset behind its PF, VF i + 1 a stride behind VF i, and neither sum leaves 16 bits."""
    p, rid, after = s.sriov[pf], s.vf[pf, i].rid, s.vf[pf, i + 1].rid
    return all_of(
        implies(all_of(i == 0, i < p.cursor), all_of(rid == pf + p.offset, rid > pf)),
        implies(all_of(i + 1 < p.cursor, i + 1 != 0), all_of(after == rid + p.stride, after > rid)),
    )


@state
def an_idle_vf_has_no_request(s: MachineState, r: Request) -> bool:
    """A VF that was never given to anybody since it came up has no request in flight."""
    x = s.request[r]
    f = s.function[x.rid]
    return implies(x.phase != RequestPhase.NONE, negate(all_of(f.virtual, f.phase == FunctionPhase.IDLE)))


@state
def an_owned_vf_has_vf_enable(s: MachineState, d: Rid) -> bool:
    """A VF is given away only under VF Enable, which stays set until it is taken back; before that it does not master."""
    f = s.function[d]
    p = s.sriov[f.pf]
    return implies(
        f.virtual,
        all_of(
            implies(f.owner != NOBODY, any_of(p.phase == SriovPhase.ENABLED, p.phase == SriovPhase.REMOVING)),
            implies(f.phase == FunctionPhase.IDLE, negate(f.master)),
        ),
    )


@step
def registers_change_only_while_vf_enable_is_clear(
    s: MachineState, name: str, args: dict[str, Any], after: MachineState, d: Rid
) -> bool:
    """NumVFs, ARI, offset and stride change only while a PF has no VFs; TotalVFs and the bridge's bus range never do."""
    del name, args
    old, new = s.sriov[d], after.sriov[d]
    chosen = all_of(old.num_vfs == new.num_vfs, old.ari == new.ari, old.offset == new.offset, old.stride == new.stride)
    given = all_of(old.capable == new.capable, old.total_vfs == new.total_vfs)
    buses = all_of(old.secondary == new.secondary, old.subordinate == new.subordinate)
    return all_of(any_of(old.phase == SriovPhase.OFF, chosen), given, buses)
