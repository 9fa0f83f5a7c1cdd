"""SR-IOV, physical functions that bring virtual functions up and take them down.

NumVFs and the ARI bit are written while VF Enable is clear. Each write may give other values of First VF Offset and VF
Stride, whatever the device likes, so they are arguments of the step. Then the hypervisor enters the VFs one at a time: the
first stands at the PF's requester id plus the offset, each further one a stride behind the one before, so the stride
counts from the second VF on, and neither counts when there is none. An id is refused where the sum leaves 16 bits, where
its bus is not behind the PF's bridge, where another function answers to it, and, without ARI, on the PF's own bus under
another device number. With the last VF entered, VF Enable is set. A step that is refused ends the bringing-up: what was
entered is removed again.

Removal goes back from the last VF to VF 0. It stops at a VF that somebody owns, or that was reset and not drained, until
that one is taken back; meanwhile no VF of the PF is given to anybody. A VF is a function as any other: it is given, taken
back, reset and drained by the operations of the chapter before.

A reset of a PF would take its VFs away without asking. The hypervisor refuses it until they are removed, and so a PF that
was reset has VF Enable clear; its NumVFs, ARI bit, offset and stride are those of power-on.

Read next: `pymodel.hypervisor.jobs.ranges`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodel.hardware.ids import HOST, Rid, Vf, Vm, bus_of
from pymodel.hardware.pcie import SriovRegisters, bring_vf_up, take_vf_down, write_sriov
from pymodel.hypervisor.devices import FunctionPhase, FunctionRecord, PfRecord, SriovPhase
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import AUTHORITY, Map, Record, State
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import choose

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = ["Sriov", "SriovState", "VfRecord"]


class VfRecord(Record, whose=AUTHORITY):
    """The requester id of a PF's VF with that number; used below the PF's cursor."""

    rid: Rid = Rid(0)


class SriovState(State):
    """The requester id of every VF."""

    vf: Map[tuple[Rid, Vf], VfRecord]


class Sriov:
    """Operations on physical functions that have virtual ones."""

    @operation
    def set_num_vfs(self, s: MachineState, caller: Vm, pf: Rid, number: Vf, offset: Rid, stride: Rid) -> MachineState:
        """The host writes NumVFs; the device answers with an offset and a stride of its own choice."""
        facts = s.platform.function[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(all_of(facts.capable, s.pf[pf].phase == SriovPhase.OFF), Reason.WRONG_STATE)
        require(number <= facts.total_vfs, Reason.OUT_OF_RANGE)
        return write_sriov(s, pf, s.sriov[pf].replace(num_vfs=number, offset=offset, stride=stride))

    @operation
    def set_ari(self, s: MachineState, caller: Vm, pf: Rid, on: bool, offset: Rid, stride: Rid) -> MachineState:
        """The host writes the ARI bit; the device answers with an offset and a stride of its own choice."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(all_of(s.platform.function[pf].capable, s.pf[pf].phase == SriovPhase.OFF), Reason.WRONG_STATE)
        return write_sriov(s, pf, s.sriov[pf].replace(ari=on, offset=offset, stride=stride))

    @operation
    def enable_vfs(self, s: MachineState, caller: Vm, pf: Rid) -> MachineState:
        """The host begins to bring up the VFs that NumVFs asks for; for none of them nothing is left to do."""
        p = s.pf[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(s.iommu.on, Reason.WRONG_STATE)
        require(all_of(s.platform.function[pf].capable, p.phase == SriovPhase.OFF), Reason.WRONG_STATE)
        begun = choose(s.sriov[pf].num_vfs == 0, SriovPhase.ENABLED, SriovPhase.ENUMERATING)
        return s.put("pf", pf, p.replace(phase=begun))

    @operation
    def enumerate_vf(self, s: MachineState, caller: Vm, pf: Rid) -> MachineState:
        """The next VF is entered under its requester id, idle and nobody's; with the last one, VF Enable takes effect."""
        p, r, facts = s.pf[pf], s.sriov[pf], s.platform.function[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(p.phase == SriovPhase.ENUMERATING, Reason.WRONG_STATE)
        first = p.cursor == 0
        base = choose(first, pf, s.vf[pf, p.cursor - 1].rid)
        step = choose(first, r.offset, r.stride)
        rid = base + step
        require(negate(base.add_overflows(step)), Reason.OUT_OF_RANGE)
        require(all_of(facts.secondary <= bus_of(rid), bus_of(rid) <= facts.subordinate), Reason.OUT_OF_RANGE)
        require(self.is_addressable(r, pf, rid), Reason.OUT_OF_RANGE)
        require(negate(s.pcie[rid].present), Reason.OCCUPIED)
        entered = p.cursor + 1
        done = choose(entered == r.num_vfs, SriovPhase.ENABLED, SriovPhase.ENUMERATING)
        return bring_vf_up(s, rid, pf, p.cursor).replace(
            pf=s.pf.set(pf, PfRecord(phase=done, cursor=entered)),
            vf=s.vf.set((pf, p.cursor), VfRecord(rid=rid)),
            function=s.function.set(rid, FunctionRecord.default()),
        )

    def is_addressable(self, r: SriovRegisters, pf: Rid, rid: Rid) -> bool:
        """Say whether requests of a VF can be told apart: with ARI, on another bus, or under the PF's device number."""
        return any_of(r.ari, bus_of(rid) != bus_of(pf), rid >> 3 == pf >> 3)

    @operation
    def disable_vfs(self, s: MachineState, caller: Vm, pf: Rid) -> MachineState:
        """The host begins to take the VFs away, whether all are up or bringing them up failed half-way."""
        p = s.pf[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(any_of(p.phase == SriovPhase.ENUMERATING, p.phase == SriovPhase.ENABLED), Reason.WRONG_STATE)
        begun = choose(p.cursor == 0, SriovPhase.OFF, SriovPhase.REMOVING)
        return s.put("pf", pf, p.replace(phase=begun))

    @operation
    def remove_vf(self, s: MachineState, caller: Vm, pf: Rid) -> MachineState:
        """The last VF that is left is removed, unless somebody owns it; with VF 0, VF Enable is cleared."""
        p = s.pf[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(p.phase == SriovPhase.REMOVING, Reason.WRONG_STATE)
        last = p.cursor - 1
        rid = s.vf[pf, last].rid
        f = s.function[rid]
        require(any_of(f.phase == FunctionPhase.IDLE, f.phase == FunctionPhase.CLEAN), Reason.IN_USE)
        done = choose(last == 0, SriovPhase.OFF, SriovPhase.REMOVING)
        return take_vf_down(s, rid).replace(
            pf=s.pf.set(pf, PfRecord(phase=done, cursor=last)),
            vf=s.vf.set((pf, last), VfRecord.default()),
            function=s.function.set(rid, FunctionRecord.default()),
        )
