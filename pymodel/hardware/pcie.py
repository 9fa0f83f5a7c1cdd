"""PCIe functions: their registers, and those of the SR-IOV capability.

A physical function with the capability brings virtual functions up and takes them down. NumVFs and the ARI bit are written while
VF Enable is clear; each write may give other values of First VF Offset and VF Stride, whatever the device likes. A virtual
function is a function as any other, with registers of its own; what it can address is what its physical function can.

Hypervisors write these registers by commands: `set_bus_master`, `function_level_reset`, `write_sriov`, and, as VF Enable takes
effect one function at a time, `bring_vf_up` and `take_vf_down`.

Not modelled: BARs of VFs, VF migration, the bridge's bus range being renumbered, an ARI bit shared by the PFs of a device,
MR-IOV; registers of functions beyond what their residue says.

Source: PCIE 9.3.3.3.1
Source: PCIE 9.3.3.7

Read next: `pymodel.hardware.iommu`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pymodel.hardware.ids import NOBODY, AddressWidth, Layout, Rid, Vf, Vm
from pymodel.language.state import GHOST, HARDWARE, Map, Record, State
from pymodel.language.words import choose

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = [
    "FunctionRegisters",
    "PcieState",
    "SriovRegisters",
    "bring_vf_up",
    "function_level_reset",
    "layout_of",
    "set_bus_master",
    "take_vf_down",
    "width_of",
    "write_sriov",
]


class FunctionRegisters(Record, whose=HARDWARE, by="set_bus_master, function_level_reset, bring_vf_up and take_vf_down"):
    """A function, physical or virtual: whether it is there, and what it may do."""

    present: bool = False
    master: bool = False
    """Bus mastering: whether it may issue requests.

    Source: PCIE 7.5.1.1.3
    """
    virtual: bool = False
    """It is a VF of SR-IOV; the next two fields then say whose, and which of its VFs."""
    pf: Rid = Rid(0)
    index: Vf = Vf(0)
    residue: Annotated[Vm, GHOST] = NOBODY
    """Whose data the function's own registers and memory may hold."""


class SriovRegisters(Record, whose=HARDWARE, by="write_sriov and function_level_reset"):
    """The registers of the SR-IOV capability of a physical function that may be written while VF Enable is clear."""

    ari: bool = False
    """ARI Capable Hierarchy: function numbers have eight bits, and there is no device number.

    Source: PCIE 9.3.3.3.5
    """
    num_vfs: Vf = Vf(0)
    offset: Rid = Rid(0)
    """First VF Offset: from the PF's requester id to that of VF 0.

    Source: PCIE 9.3.3.9
    """
    stride: Rid = Rid(0)
    """VF Stride: from one VF's requester id to the next.

    Source: PCIE 9.3.3.10
    """


class PcieState(State):
    """The registers of every function."""

    pcie: Map[Rid, FunctionRegisters]
    sriov: Map[Rid, SriovRegisters]


def base_of(s: MachineState, rid: Rid) -> Rid:
    """Return the id of the physical function that a function is, or is a virtual function of."""
    r = s.pcie[rid]
    return choose(r.virtual, r.pf, rid)


def width_of(s: MachineState, rid: Rid) -> AddressWidth:
    """Return how many address bits a function drives: a VF those of its PF."""
    return s.platform.function[base_of(s, rid)].width


def layout_of(s: MachineState, rid: Rid) -> Layout:
    """Return the layout of a function's reserved pages: a VF has that of its PF."""
    return s.platform.function[base_of(s, rid)].layout


def set_bus_master(s: MachineState, rid: Rid, on: bool) -> MachineState:
    """Command: turn a function's bus mastering on or off; from its owner's first use on it may hold the owner's data."""
    r = s.pcie[rid]
    return s._with(pcie=s.pcie.set(rid, r.replace(master=on, residue=s.function[rid].owner)))


def function_level_reset(s: MachineState, rid: Rid) -> MachineState:
    """Command: reset a function: it stops issuing and forgets (ASM-FLR); what it issued stays in flight.

    The registers of its SR-IOV capability are then as at power-on.

    Source: PCIE 6.6.2
    """
    r = s.pcie[rid]
    return s._with(
        pcie=s.pcie.set(rid, r.replace(master=False, residue=NOBODY)),
        sriov=s.sriov.set(rid, SriovRegisters.default()),
    )


def write_sriov(s: MachineState, pf: Rid, registers: SriovRegisters) -> MachineState:
    """Command: write NumVFs or the ARI bit; the device answers with an offset and a stride of its own choice."""
    return s._with(sriov=s.sriov.set(pf, registers))


def bring_vf_up(s: MachineState, rid: Rid, pf: Rid, index: Vf) -> MachineState:
    """Command: one more VF of a PF answers, at a requester id; what answered there before keeps what it holds."""
    was = s.pcie[rid]
    residue = choose(was.present, was.residue, NOBODY)
    return s._with(pcie=s.pcie.set(rid, FunctionRegisters(present=True, virtual=True, pf=pf, index=index, residue=residue)))


def take_vf_down(s: MachineState, rid: Rid) -> MachineState:
    """Command: a VF answers no more."""
    return s._with(pcie=s.pcie.set(rid, FunctionRegisters.default()))
