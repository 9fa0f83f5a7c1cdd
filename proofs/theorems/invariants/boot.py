"""What every machine is like at power-on. The facts are assumed of it; two unlike concrete ones satisfy them.

Everything not named here holds its default: no VM, no table, no function given away, nothing cached, nothing in flight, and an
IOMMU that is off and whose context table holds entries with a clear valid bit.
"""

from __future__ import annotations

from proofs.statements import Area, boot_fact
from pymodel.hardware.ids import HYPERVISOR, NOBODY, Frame, Index, Rid
from pymodel.hardware.memory import Entry
from pymodel.hypervisor.memory import FrameKind
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.machine import MachineState

AREA = Area("boot", promise=False)

#: The parts of the state that machines may differ in at power-on, beside what the platform is; each other one is its default.
ARBITRARY = ("frame", "memory", "pcie", "sriov")


@boot_fact
def memory_is_free_or_the_hypervisors(s: MachineState, p: Frame) -> bool:
    """A frame is absent, free, or the hypervisor's own; a free one need not be scrubbed, nor noted as clean if it is."""
    f = s.frame[p]
    return all_of(
        negate(f.fresh),
        implies(f.kind != FrameKind.ABSENT, s.platform.frame[p].memory),
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
def functions_hold_nobodys_data(s: MachineState, d: Rid) -> bool:
    """A function is physical, one that the platform has, and holds nobody's data, whether or not any configuration lists it."""
    r = s.pcie[d]
    return all_of(
        r.residue == NOBODY,
        implies(r.present, s.platform.function[d].exists),
        implies(negate(r.present), negate(r.master)),
        negate(r.virtual),
    )


@boot_fact
def vf_enable_is_clear(s: MachineState, d: Rid) -> bool:
    """No function has VFs; one that is capable of them is present."""
    r = s.sriov[d]
    return all_of(r.num_vfs == 0, negate(r.ari), implies(s.platform.function[d].capable, s.pcie[d].present))
