"""Chapter 16: SR-IOV, physical functions that bring virtual functions up and take them down.

NumVFs and the ARI bit are written while VF Enable is clear. Each write may give other values of First VF Offset and VF
Stride, whatever the device likes, so they are arguments of the step. Then the hypervisor enters the VFs one at a time: the
first stands at the PF's requester id plus the offset, each further one a stride behind the one before, so the stride
counts from the second VF on, and neither counts when there is none. An id is refused where the sum leaves 16 bits, where
its bus is not behind the PF's bridge, where another function answers to it, and, without ARI, on the PF's own bus under
another device number. With the last VF entered, VF Enable is set. A step that is refused ends the bringing-up: what was
entered is removed again.

Removal goes back from the last VF to VF 0. It stops at a VF that somebody owns, or that was reset and not drained, until
that one is taken back; meanwhile no VF of the PF is given to anybody. A VF is a function as any other: it is given, taken
back, reset and drained by the operations of chapter 15.

A reset of a PF would take its VFs away without asking. The hypervisor refuses it until they are removed, and so a PF that
was reset has VF Enable clear; its NumVFs, ARI bit, offset and stride are those of power-on.

Not modelled: BARs of VFs, VF migration, the bridge's bus range being renumbered, an ARI bit shared by the PFs of a device,
MR-IOV. The isolation group of a VF is whatever the platform says when it is entered.

Source: PCI Express Base Specification, revision 5.0, chapter 9, "Single Root I/O Virtualization and Sharing".

Read next: `pymodel.hypervisor.ranges`.
"""

from __future__ import annotations

from pymodel.hardware.ids import HOST, Group, Rid, Vf, Vm, bus_of
from pymodel.hardware.machine import FunctionPhase, FunctionRecord, MachineState, SriovPhase, SriovRecord, VfRecord
from pymodel.hypervisor.devices import DeviceOperations
from pymodel.language.outcomes import Reason, require
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import choose

__all__ = ["Sriov"]


class Sriov(DeviceOperations):
    """Operations on physical functions that have virtual ones."""

    @operation
    def set_num_vfs(self, s: MachineState, caller: Vm, pf: Rid, number: Vf, offset: Rid, stride: Rid) -> MachineState:
        """The host writes NumVFs; the device answers with an offset and a stride of its own choice."""
        p = s.sriov[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(all_of(p.capable, p.phase == SriovPhase.OFF), Reason.WRONG_STATE)
        require(number <= p.total_vfs, Reason.OUT_OF_RANGE)
        return s.put("sriov", pf, p.replace(num_vfs=number, offset=offset, stride=stride))

    @operation
    def set_ari(self, s: MachineState, caller: Vm, pf: Rid, on: bool, offset: Rid, stride: Rid) -> MachineState:
        """The host writes the ARI bit; the device answers with an offset and a stride of its own choice."""
        p = s.sriov[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(all_of(p.capable, p.phase == SriovPhase.OFF), Reason.WRONG_STATE)
        return s.put("sriov", pf, p.replace(ari=on, offset=offset, stride=stride))

    @operation
    def enable_vfs(self, s: MachineState, caller: Vm, pf: Rid) -> MachineState:
        """The host begins to bring up the VFs that NumVFs asks for; for none of them nothing is left to do."""
        p = s.sriov[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(s.iommu.on, Reason.WRONG_STATE)
        require(all_of(p.capable, p.phase == SriovPhase.OFF), Reason.WRONG_STATE)
        begun = choose(p.num_vfs == 0, SriovPhase.ENABLED, SriovPhase.ENUMERATING)
        return s.put("sriov", pf, p.replace(phase=begun))

    @operation
    def enumerate_vf(self, s: MachineState, caller: Vm, pf: Rid, group: Group) -> MachineState:
        """The next VF is entered under its requester id, idle and nobody's; with the last one, VF Enable takes effect."""
        p, f = s.sriov[pf], s.function[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(p.phase == SriovPhase.ENUMERATING, Reason.WRONG_STATE)
        first = p.cursor == 0
        base = choose(first, pf, s.vf[pf, p.cursor - 1].rid)
        step = choose(first, p.offset, p.stride)
        rid = base + step
        require(negate(base.add_overflows(step)), Reason.OUT_OF_RANGE)
        require(all_of(p.secondary <= bus_of(rid), bus_of(rid) <= p.subordinate), Reason.OUT_OF_RANGE)
        require(self.is_addressable(p, pf, rid), Reason.OUT_OF_RANGE)
        require(negate(s.function[rid].present), Reason.OCCUPIED)
        entered = p.cursor + 1
        done = choose(entered == p.num_vfs, SriovPhase.ENABLED, SriovPhase.ENUMERATING)
        vf = FunctionRecord(present=True, width=f.width, layout=f.layout, group=group, virtual=True, pf=pf, index=p.cursor)
        return s.replace(
            sriov=s.sriov.set(pf, p.replace(cursor=entered, phase=done)),
            vf=s.vf.set((pf, p.cursor), VfRecord(rid=rid)),
            function=s.function.set(rid, vf),
        )

    def is_addressable(self, p: SriovRecord, pf: Rid, rid: Rid) -> bool:
        """Say whether requests of a VF can be told apart: with ARI, on another bus, or under the PF's device number."""
        return any_of(p.ari, bus_of(rid) != bus_of(pf), rid >> 3 == pf >> 3)

    @operation
    def disable_vfs(self, s: MachineState, caller: Vm, pf: Rid) -> MachineState:
        """The host begins to take the VFs away, whether all are up or bringing them up failed half-way."""
        p = s.sriov[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(any_of(p.phase == SriovPhase.ENUMERATING, p.phase == SriovPhase.ENABLED), Reason.WRONG_STATE)
        begun = choose(p.cursor == 0, SriovPhase.OFF, SriovPhase.REMOVING)
        return s.put("sriov", pf, p.replace(phase=begun))

    @operation
    def remove_vf(self, s: MachineState, caller: Vm, pf: Rid) -> MachineState:
        """The last VF that is left is removed, unless somebody owns it; with VF 0, VF Enable is cleared."""
        p = s.sriov[pf]
        require(caller == HOST, Reason.NOT_ALLOWED)
        require(p.phase == SriovPhase.REMOVING, Reason.WRONG_STATE)
        last = p.cursor - 1
        rid = s.vf[pf, last].rid
        f = s.function[rid]
        require(any_of(f.phase == FunctionPhase.IDLE, f.phase == FunctionPhase.CLEAN), Reason.IN_USE)
        done = choose(last == 0, SriovPhase.OFF, SriovPhase.REMOVING)
        return s.replace(
            sriov=s.sriov.set(pf, p.replace(cursor=last, phase=done)),
            vf=s.vf.set((pf, last), VfRecord.default()),
            function=s.function.set(rid, FunctionRecord.default()),
        )
