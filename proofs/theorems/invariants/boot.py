"""What every machine is like at power-on. The facts are assumed of the platform; two unlike concrete ones satisfy them.

Everything not named here holds its default: no VM, no table, nothing cached, nothing in flight.
"""

from __future__ import annotations

from proofs.statements import Area, boot_fact
from proofs.theorems.invariants.addresses import a_slot_around_a_reserved_page_is_reserved
from pymodel.hardware.ids import HYPERVISOR, NOBODY, Frame, Index, Rid, bus_of
from pymodel.hardware.machine import ContextMode, Entry, FrameKind, FunctionPhase, FunctionRecord, MachineState, SriovPhase
from pymodel.language.truth import all_of, any_of, implies, negate

AREA = Area("boot", promise=False)

#: The parts of the state that a platform may choose; every other map is its default everywhere.
PLATFORM = ("frame", "memory", "function", "iommu", "mmu", "reserved", "sriov")


@boot_fact
def memory_is_free_or_the_hypervisors(s: MachineState, p: Frame) -> bool:
    """A frame is absent, free, or the hypervisor's own; a free one need not be scrubbed, nor noted as clean if it is."""
    f = s.frame[p]
    return all_of(
        negate(f.fresh),
        any_of(
            all_of(f.kind == FrameKind.ABSENT, f.owner == NOBODY),
            all_of(f.kind == FrameKind.FREE, f.owner == NOBODY),
            all_of(f.kind == FrameKind.HYPERVISOR, f.owner == HYPERVISOR),
        ),
    )


@boot_fact
def a_frame_noted_as_clean_is_zero(s: MachineState, p: Frame, i: Index) -> bool:
    """Memory may hold anything at power-on, but for frames that firmware has scrubbed and says so."""
    return implies(s.frame[p].clean, s.memory[p, i] == Entry.default())


@boot_fact
def functions_are_nobodys(s: MachineState, d: Rid) -> bool:
    """A function is nobody's and idle, whether or not any configuration lists it."""
    f = s.function[d]
    idle = FunctionRecord()
    return all_of(
        f.phase == FunctionPhase.IDLE,
        f.owner == NOBODY,
        f.residue == NOBODY,
        f.space == idle.space,
        f.width >= 24,
        f.width <= 64,
        implies(negate(f.present), negate(f.master)),
        negate(f.virtual),
    )


@boot_fact
def vf_enable_is_clear(s: MachineState, d: Rid) -> bool:
    """No function has VFs; one that is capable of them is present, and inside the bus range of the bridge above it."""
    p, bus = s.sriov[d], bus_of(d)
    return all_of(
        p.phase == SriovPhase.OFF,
        p.num_vfs == 0,
        negate(p.ari),
        p.cursor == 0,
        implies(p.capable, all_of(s.function[d].present, p.secondary <= bus, bus <= p.subordinate)),
    )


boot_fact(a_slot_around_a_reserved_page_is_reserved)


@boot_fact
def the_iommu_is_off(s: MachineState) -> bool:
    """The IOMMU is off and its context table holds what power-on left: entries whose valid bit is clear."""
    return all_of(negate(s.iommu.on), s.iommu.fill == ContextMode.INVALID)
